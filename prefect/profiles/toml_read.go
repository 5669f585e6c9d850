package profiles

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/internal/readfile"
)

// readTOML reads one table of a file in the source's folder. A file that is not there is an empty table.
func readTOML(src Source, file string, table ...string) (map[string]any, error) {
	var root map[string]any
	_, err := toml.DecodeFile(src.path(file), &root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, tomlError("reading "+file, err)
	}
	for _, name := range table {
		root, _ = root[name].(map[string]any)
	}
	return root, nil
}

// tomlError is one line with the place; the parser's own text quotes the line, which may hold a secret.
func tomlError(doing string, err error) error {
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Errorf("%s: line %d is not valid TOML; correct it there", doing, parse.Position.Line)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// tomlLayer finds settings by their dotted keys. Names such as PREFECT_API_URL mean nothing in these files.
func tomlLayer(origin Origin, root map[string]any) layer {
	return layer{origin, func(s Setting) (string, string, bool) {
		if s.Key == "" {
			return "", "", false
		}
		var value any = root
		for part := range strings.SplitSeq(s.Key, ".") {
			table, ok := value.(map[string]any)
			if !ok {
				return "", "", false
			}
			value = table[part]
		}
		if _, table := value.(map[string]any); value == nil || table && s.Kind != KindMap {
			return "", "", false
		}
		return tomlText(value), string(origin) + ": " + s.Key, true
	}}
}

// tomlText writes a TOML value as an environment variable would hold it.
func tomlText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return pytext.Float(v)
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			parts[i] = tomlText(part)
		}
		return strings.Join(parts, ",")
	case map[string]any:
		if data, err := json.Marshal(v); err == nil {
			return string(data)
		}
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(value)
}

// readDotenv reads .env in the source's folder, as Python's dotenv does. A file that is not there is empty.
func readDotenv(src Source) (map[string]string, error) {
	data, err := readfile.Read(src.path(".env"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if info, statErr := os.Stat(src.path(".env")); statErr == nil && info.IsDir() {
		return nil, nil // a virtual environment that is called .env
	}
	if err != nil {
		return nil, fmt.Errorf("reading .env: %w", err)
	}
	return parseDotenv(string(data), src.lookup), nil
}

// parseDotenv reads NAME=VALUE lines. Values may name variables: those of the file before those of the environment.
func parseDotenv(text string, lookup func(string) (string, bool)) map[string]string {
	values := map[string]string{}
	bare := map[string]bool{} // names without "=", which hide the environment's
	for name, value := range dotenvPairs(text) {
		if value == nil {
			bare[name] = true
			delete(values, name)
			continue
		}
		values[name] = interpolate(*value, func(name string) (string, bool) {
			if value, ok := values[name]; ok || bare[name] {
				return value, true
			}
			return lookup(name)
		})
		delete(bare, name)
	}
	return values
}

var dotenvVariable = regexp.MustCompile(`\$\{([^}:]*)(?::-([^}]*))?\}`)

// interpolate replaces ${NAME} and ${NAME:-default}.
func interpolate(text string, lookup func(string) (string, bool)) string {
	return dotenvVariable.ReplaceAllStringFunc(text, func(match string) string {
		part := dotenvVariable.FindStringSubmatch(match)
		if value, ok := lookup(part[1]); ok {
			return value
		}
		return part[2]
	})
}
