package jobfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds the nesting of a job file. ARM's own definition of a container group has 9 levels.
const maxDepth = 64

// parseJSON parses JSON to the tree that YAML's parser gives.
func parseJSON(data []byte) (*yaml.Node, error) {
	p := jsonParser{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.decoder.UseNumber()
	return p.value(0)
}

type jsonParser struct {
	data    []byte
	decoder *json.Decoder
	// counted is how far line breaks were counted, and line the line there.
	counted int
	line    int
}

// value parses the next value.
func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errors.New("line " + strconv.Itoa(p.line) + ": it is nested too deeply")
	}
	node, token, err := p.next()
	if err != nil {
		return nil, err
	}
	delim, composite := token.(json.Delim)
	if !composite {
		return node, nil
	}
	for p.decoder.More() {
		if delim == '{' {
			key, _, err := p.next()
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, key)
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, value)
	}
	_, err = p.decoder.Token()
	return node, err
}

// next reads a token and makes its node.
func (p *jsonParser) next() (*yaml.Node, json.Token, error) {
	start := p.decoder.InputOffset()
	token, err := p.decoder.Token()
	if err != nil {
		return nil, nil, err
	}
	node := p.node(token)
	// The decoder puts U+FFFD where an escape is half of a pair.
	raw := bytes.ToLower(p.data[start:p.decoder.InputOffset()])
	if text, ok := token.(string); ok && strings.ContainsRune(text, utf8.RuneError) &&
		!bytes.Contains(raw, []byte("\ufffd")) && !bytes.Contains(raw, []byte(`\ufffd`)) {
		return nil, nil, fmt.Errorf("line %d: a \\u escape is one half of a surrogate pair, which is not a character", p.line)
	}
	return node, token, nil
}

// node makes a node of a token that was just read; its line is that of the token's end.
func (p *jsonParser) node(token json.Token) *yaml.Node {
	end := int(p.decoder.InputOffset())
	p.line += bytes.Count(p.data[p.counted:end], []byte("\n"))
	p.counted = end
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: p.line}
	switch t := token.(type) {
	case json.Delim:
		node.Kind, node.Tag = yaml.MappingNode, "!!map"
		if t == '[' {
			node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
		}
	case string:
		node.Tag, node.Value = "!!str", t
	case json.Number:
		node.Tag, node.Value = "!!float", t.String()
	case bool:
		node.Tag, node.Value = "!!bool", strconv.FormatBool(t)
	default:
		node.Tag = "!!null"
	}
	return node
}
