package containers_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// A client that neither reads nor closes does not keep its stream for ever.
func TestStalledAttach(t *testing.T) {
	inWorld(t, printing(1000), "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		session := w.attach(t)
		conn, _, err := w.dial(t, *session.WebSocketURI, *session.Password)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if got, status := drain(t, conn); strings.Contains(got, "line 60\n") || status == websocket.StatusNormalClosure {
			t.Errorf("after two minutes the client can read on: %d bytes, then %d", len(got), status)
		}
	})
}

// A command whose client stalls ends: after a while by itself, and soon once its container has ended, because the
// container's group can't be freed before.
func TestStalledExec(t *testing.T) {
	for name, test := range map[string]struct {
		stop bool
		most time.Duration
	}{"the container runs on": {false, 90 * time.Second}, "the container is stopped": {true, 10 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan time.Time, 1)
			engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
				for c.Exec && ctx.Err() == nil {
					if _, err := io.WriteString(c.Spec.Output, "more"); err != nil {
						break
					}
				}
				if c.Exec {
					ended <- time.Now()
				}
				<-ctx.Done()
				return 0
			})
			inWorld(t, engine, "{}", func(t *testing.T, w *world) {
				w.mustCreate("job", job("main"))
				reply := w.call("POST", w.groupPath("job")+"/containers/main/exec?api-version=2023-05-01", `{"command":"yes"}`, 200)
				conn, _, err := w.dial(t, reply["webSocketUri"].(string), "")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.CloseNow()
				if err := conn.Write(t.Context(), websocket.MessageText, []byte(reply["password"].(string))); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				begin := time.Now()
				if test.stop {
					if _, err := w.groups.Stop(t.Context(), "rg", "job", nil); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(test.most)
				select {
				case at := <-ended:
					t.Logf("ended after %s", at.Sub(begin))
				default:
					t.Errorf("the command still runs after %s", test.most)
				}
			})
		})
	}
}

// Who takes a group away does not wait for the rest of a stop's grace.
func TestEndDuringStop(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *world){
		"vanish": func(t *testing.T, w *world) {
			if err := w.server.Event(t.Context(), azureemulator.EventVanish, w.groupPath("job")); err != nil {
				t.Error(err)
			}
		},
		"reset": func(t *testing.T, w *world) { w.server.Reset(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			deaf := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
				<-ctx.Done()
				time.Sleep(time.Hour)
				return 0
			})
			inWorld(t, deaf, "{}", func(t *testing.T, w *world) {
				w.mustCreate("job", job("main"))
				if _, err := w.groups.Stop(t.Context(), "rg", "job", nil); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				begin := time.Now()
				end(t, w)
				if took := time.Since(begin); took > 5*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}
