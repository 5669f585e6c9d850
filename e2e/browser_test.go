//go:build e2e

package e2e

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// browser is a page in a browser without a window, which a test reads, clicks and photographs.
type browser struct {
	t       *testing.T
	in      *os.File // requests, each ended by a zero byte
	out     *bufio.Reader
	session string
	calls   int
}

// openBrowser starts a browser, which ends with the test.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	program := os.Getenv("PACIFIC_E2E_BROWSER")
	if program == "" {
		t.Fatal("PACIFIC_E2E_BROWSER is not set: run e2e/run, which installs one")
	}
	cmd := exec.Command(program, "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,1000",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe")
	requests, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{requests, answers} // descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	requests.Close()
	answers.Close()
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		_, _ = in.WriteString(`{"id":0,"method":"Browser.close"}` + "\x00")
		_ = cmd.Wait()
		in.Close()
		out.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	return b
}

// call has the browser do something, by Chrome's DevTools protocol. Events that come before the answer are dropped.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.calls++
	request := map[string]any{"id": b.calls, "method": method, "params": params}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: the browser has ended: %v", method, err)
		}
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &answer); err != nil {
			b.t.Fatalf("%s: %v in %q", method, err, text)
		}
		if answer.ID != b.calls {
			continue
		}
		if answer.Error != nil {
			b.t.Fatalf("%s: %s", method, answer.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(answer.Result, result); err != nil {
				b.t.Fatalf("%s: %v in %q", method, err, answer.Result)
			}
		}
		return
	}
}

// open goes to a page and waits until it says all of it.
func (b *browser) open(url string, says ...string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.says(says...)
}

// eval runs a script in the page, whose value is a text.
func (b *browser) eval(script string) string {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value string }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, answer.ExceptionDetails)
	}
	return answer.Result.Value
}

// says waits until the page says all of it.
func (b *browser) says(all ...string) {
	b.t.Helper()
	text := ""
	for range 300 {
		text = b.eval(`document.body ? document.body.innerText : ""`)
		missing := false
		for _, want := range all {
			missing = missing || !strings.Contains(text, want)
		}
		if !missing {
			return
		}
		tick(b.t, 200*time.Millisecond)
	}
	b.t.Fatalf("the page %s does not say all of %q:\n%s", b.eval("location.href"), all, text)
}

// element is a script for the innermost element with exactly this text.
func element(text string) string {
	quoted, _ := json.Marshal(text)
	return `[...document.querySelectorAll("body *")].findLast(e => e.innerText?.trim() === ` + string(quoted) + `)`
}

// click clicks on the element with a text.
func (b *browser) click(text string) {
	b.t.Helper()
	b.eval(element(text) + `.click()`)
}

// show scrolls to the element with a text.
func (b *browser) show(text string) {
	b.t.Helper()
	b.eval(element(text) + `.scrollIntoView()`)
}

// fill types into the field that shows a hint.
func (b *browser) fill(hint, text string) {
	b.t.Helper()
	b.eval(`document.querySelector("input[placeholder='` + hint + `']").focus()`)
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// screen takes a picture of what the window shows, once that rests: two pictures in a row are the same.
func (b *browser) screen(file string) {
	b.t.Helper()
	b.eval(`document.head.insertAdjacentHTML("beforeend", "<style>* { animation: none !important; transition: none !important }</style>")`)
	last := ""
	for range 12 { // what never rests is taken as it is
		var picture struct{ Data string }
		b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &picture)
		if picture.Data == last {
			break
		}
		last = picture.Data
		tick(b.t, 500*time.Millisecond)
	}
	png, err := base64.StdEncoding.DecodeString(last)
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
