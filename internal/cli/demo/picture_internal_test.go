package demo

import (
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPicture holds the README's picture to the demo: each heading in it is the one that the demo prints today, and its first
// and its last step are there. Make picture draws it anew.
func TestPicture(t *testing.T) {
	svg, err := os.ReadFile("../../../docs/demo.svg")
	if err != nil {
		t.Fatal(err)
	}
	s := &story{engine: engineProcess}
	steps := s.steps()
	var titles []string
	for _, one := range steps {
		titles = append(titles, one.title)
	}
	titles = append(titles, "clean up")
	shown := regexp.MustCompile(`<tspan class="b">(\[.*?)</tspan>`).FindAllSubmatch(svg, -1)
	if len(shown) < 3 {
		t.Fatalf("only %d headings found in the picture", len(shown))
	}
	drawn := map[int]bool{}
	for _, heading := range shown {
		text := html.UnescapeString(string(heading[1]))
		found := false
		for i, title := range titles {
			if text == fmt.Sprintf("[%2d/%d] %s", i+1, len(titles), title) {
				drawn[i], found = true, true
			}
		}
		if !found {
			t.Errorf("the demo no longer prints %q: run make picture", text)
		}
	}
	if !drawn[0] || !drawn[len(titles)-1] {
		t.Error("the first or the last step is missing in the picture: run make picture")
	}
	if strings.Contains(string(svg), "\x1b") {
		t.Error("a control sequence is in the picture")
	}
}
