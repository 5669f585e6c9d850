package cmdutil

import (
	"slices"
	"strings"
)

// sentences are an error's text: one sentence for each error of several that were joined. Joined errors inside of another
// error have a semicolon between them.
func sentences(err error) []string {
	text := err.Error()
	for inner := err; ; {
		joined, ok := inner.(interface{ Unwrap() []error })
		if ok {
			var all, texts []string
			for _, one := range joined.Unwrap() {
				texts = append(texts, one.Error())
				for _, sentence := range sentences(one) {
					if !slices.Contains(all, sentence) {
						all = append(all, sentence)
					}
				}
			}
			switch together := strings.Join(texts, "\n"); {
			case together != inner.Error(): // made with fmt.Errorf, whose text has them all
			case together == text:
				return all
			default:
				text = strings.Replace(text, together, strings.Join(all, "; "), 1)
			}
			return []string{text}
		}
		wrapped, ok := inner.(interface{ Unwrap() error })
		if !ok || wrapped.Unwrap() == nil {
			return []string{text}
		}
		inner = wrapped.Unwrap()
	}
}
