package azure

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
)

// parseBody reads the body of an error reply in all the forms that Azure's services send. An answer
// that is not Azure's (a proxy's or a firewall's page) comes back as a detail that says so.
func parseBody(body []byte) []Detail {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case len(body) == 0:
		return nil
	case body[0] == '{' || body[0] == '[' || body[0] == '"':
		if details := parseJSON(body); len(details) > 0 {
			return details
		}
	case body[0] == '<':
		return []Detail{parseMarkup(body)}
	}
	return []Detail{{Message: "the answer is not in Azure's form: " + clip(oneLine(string(body)), 200), foreign: true}}
}

// parseJSON reads an error object, an OAuth error, or the status of an operation.
func parseJSON(body []byte) []Detail {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil
	}
	return detailsOf(v, 0)
}

func detailsOf(v any, depth int) []Detail {
	if depth > maxDepth {
		return nil
	}
	switch v := v.(type) {
	case string:
		if strings.TrimSpace(v) == "" {
			return nil
		}
		return []Detail{{Message: v}} // if it is JSON, flatten unfolds it
	case []any:
		var all []Detail
		for _, one := range v {
			all = append(all, detailsOf(one, depth+1)...)
		}
		return all
	case map[string]any:
		return detailsOfObject(v, depth)
	}
	return nil
}

// detailsOfObject tells the forms apart by their fields.
func detailsOfObject(o map[string]any, depth int) []Detail {
	if text, ok := o["error"].(string); ok { // OAuth: Entra and the identity endpoints
		description, _ := o["error_description"].(string)
		return []Detail{{Code: entraCode(text, description), Message: entraSentence(description)}}
	}
	for _, name := range []string{"error", "odata.error", "Error"} {
		if inner, ok := o[name]; ok && inner != nil {
			return append(detailsOf(inner, depth+1), propertiesOf(o, depth)...)
		}
	}
	if own := detailOf(o, depth); own.Code != "" || own.Message != "" || len(own.Details) > 0 {
		return []Detail{own}
	}
	return propertiesOf(o, depth)
}

// detailOf reads {"code","message","target","details","innererror","additionalInfo"}; message may be
// OData's {"lang","value"}.
func detailOf(o map[string]any, depth int) Detail {
	var d Detail
	d.Code = text(o["code"])
	if d.Code == "" {
		d.Code = text(o["errorCode"])
	}
	if m, ok := o["message"].(map[string]any); ok {
		d.Message = text(m["value"])
	} else {
		d.Message = text(o["message"])
	}
	if d.Code == "" && d.Message == "" { // an event
		d.Code = text(o["name"])
	}
	d.Target = text(o["target"])
	if list, ok := o["details"].([]any); ok {
		d.Details = detailsOf(list, depth+1)
	}
	for _, name := range []string{"innererror", "innerError"} {
		if inner, ok := o[name].(map[string]any); ok {
			d.Details = append(d.Details, detailsOf(inner, depth+1)...)
		}
	}
	if list, ok := o["additionalInfo"].([]any); ok {
		d.Details = append(d.Details, policiesOf(list)...)
	}
	return d
}

// propertiesOf reads what the status of an operation carries beside its error: events of a container
// group (a failed create names the lack of capacity only there) and a deployment's statusMessage.
func propertiesOf(o map[string]any, depth int) []Detail {
	props, ok := o["properties"].(map[string]any)
	if !ok {
		return nil
	}
	var all []Detail
	for _, name := range []string{"statusMessage", "error"} {
		if v, ok := props[name]; ok {
			all = append(all, detailsOf(v, depth+1)...)
		}
	}
	events, _ := props["events"].([]any)
	for _, v := range events {
		if event, ok := v.(map[string]any); ok {
			all = append(all, Detail{Code: text(event["name"]), Message: text(event["message"])})
		}
	}
	return all
}

// policiesOf names the policies that refused a request.
func policiesOf(list []any) []Detail {
	var all []Detail
	for _, v := range list {
		o, _ := v.(map[string]any)
		info, _ := o["info"].(map[string]any)
		name := text(info["policyAssignmentDisplayName"])
		if name == "" {
			name = text(info["policyDefinitionDisplayName"])
		}
		if name != "" {
			all = append(all, Detail{Message: fmt.Sprintf("policy %q", name)})
		}
	}
	return all
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return fmt.Sprint(v)
	}
	return ""
}

var (
	titleOf     = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	entraNumber = regexp.MustCompile(`AADSTS[0-9]+`)
)

// parseMarkup reads the XML errors of storage, and names pages that are somebody else's.
func parseMarkup(body []byte) Detail {
	var x struct {
		XMLName xml.Name
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	}
	if xml.Unmarshal(body, &x) == nil && strings.EqualFold(x.XMLName.Local, "error") && x.Code != "" {
		return Detail{Code: x.Code, Message: x.Message}
	}
	page := "a web page"
	if m := titleOf.FindSubmatch(body); m != nil {
		page = fmt.Sprintf("a web page titled %q", clip(oneLine(string(m[1])), 100))
	}
	return Detail{Message: "the answer is " + page + ", not Azure's: a proxy, firewall or gateway on the way sent it", foreign: true}
}

// entraCode prefers Entra's own number to the few codes of OAuth.
func entraCode(oauth, description string) string {
	if number := entraNumber.FindString(description); number != "" {
		return number
	}
	return oauth
}

// entraSentence leaves out the number, which is shown apart, and the ids that Entra appends.
func entraSentence(description string) string {
	s := oneLine(description)
	for _, end := range []string{" Trace ID:", " Correlation ID:", " Timestamp:"} {
		s, _, _ = strings.Cut(s, end)
	}
	if number := entraNumber.FindString(s); number != "" {
		s = strings.TrimPrefix(s, number+": ")
	}
	return s
}
