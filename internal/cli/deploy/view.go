package deploy

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/deploy"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// doneView is what was done, in JSON.
type doneView struct {
	ID     prefect.ID `json:"id"`
	FlowID prefect.ID `json:"flowId"`
	// Name is FLOW/DEPLOYMENT.
	Name  string     `json:"name"`
	Steps []stepView `json:"steps"`
}

// planView is what would be done, in JSON.
type planView struct {
	Steps []stepView `json:"steps"`
	// Deployment is what Prefect would be told.
	Deployment prefect.DeploymentCreate `json:"deployment"`
}

type stepView struct {
	Object  string   `json:"object"`
	Action  string   `json:"action"`
	Name    string   `json:"name"`
	Changes []string `json:"changes,omitempty"`
	Files   int      `json:"files,omitempty"`
	Bytes   int64    `json:"bytes,omitempty"`
}

func viewsOf(steps []deploy.Step) []stepView {
	views := make([]stepView, 0, len(steps))
	for _, s := range steps {
		views = append(views, stepView{s.Object, string(s.Action), s.Name, s.Changes, s.Files, s.Bytes})
	}
	return views
}

func printPlan(a *cmdutil.App, p *cmdutil.Prefect, plan *deploy.Plan) error {
	if p.WantsJSON() {
		return a.Out.JSON(planView{viewsOf(plan.Steps), plan.Deployment})
	}
	var rows [][]string
	for _, s := range plan.Steps {
		rows = append(rows, []string{actionWord(s), s.Object, s.Name, detail(s)})
	}
	a.Out.Table([]string{"ACTION", "OBJECT", "NAME", "DETAIL"}, rows)
	return nil
}

// stepWords is a step that was done, in a line.
func stepWords(s deploy.Step) string {
	verb := map[string]string{"create": "created", "send": "sent", "update": "updated", "keep": "unchanged:"}[actionWord(s)]
	words := fmt.Sprintf("%s %s %s", verb, s.Object, s.Name)
	if s.Object == "code" && s.Action != deploy.Keep {
		words = fmt.Sprintf("sent %s to %s", detail(s), s.Name)
	} else if more := detail(s); more != "" {
		words += " (" + more + ")"
	}
	return words
}

func actionWord(s deploy.Step) string {
	if s.Object == "code" && s.Action == deploy.Create {
		return "send"
	}
	return string(s.Action)
}

// detail is what a step changes.
func detail(s deploy.Step) string {
	if s.Files > 0 {
		return cmdutil.Counted(s.Files, "file", "files") + ", " + byteWords(s.Bytes)
	}
	return strings.Join(s.Changes, ", ")
}

// byteWords is a size as people read it.
func byteWords(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// textParameters takes the value of a parameter that can only be text as it was given: a version 1.0 is no number.
func textParameters(d *deploy.Deployment, given []string) {
	schema, err := d.Flow.Schema(prefect.Version{Major: 3})
	if err != nil {
		return // the plan says why
	}
	var of struct {
		Properties map[string]struct {
			Type any `json:"type"`
		} `json:"properties"`
	}
	if json.Unmarshal(schema, &of) != nil {
		return
	}
	for _, one := range given {
		name, text, _ := strings.Cut(one, "=")
		if _, isText := d.Parameters[name].(string); !isText && of.Properties[name].Type == "string" && !strings.HasPrefix(text, `"`) {
			d.Parameters[name] = text
		}
	}
}
