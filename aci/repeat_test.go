package aci_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// Every question is asked again while Azure is busy, and not when it has said no.
func TestQuestionsAreRepeated(t *testing.T) {
	for name, tt := range map[string]struct {
		operation string
		ask       func(*world) error
	}{
		"region": {"ResourceGroups_Get", func(w *world) error {
			unplaced, err := aci.NewClient(aci.Config{Cloud: w.cloud, Subscription: w.server.Account().SubscriptionID, ResourceGroup: resourceGroup})
			if err != nil {
				w.t.Fatal(err)
			}
			_, err = unplaced.Usage(w.t.Context(), "")
			return err
		}},
		"list": {"ContainerGroups_ListByResourceGroup", func(w *world) error {
			_, err := w.client.List(w.t.Context(), aci.ListOptions{})
			return err
		}},
		"usage": {"Location_ListUsage", func(w *world) error {
			_, err := w.client.Usage(w.t.Context(), "")
			return err
		}},
		"exec": {"Containers_ExecuteCommand", func(w *world) error {
			w.start(aci.Job{Name: "here", Command: []string{"x"}})
			time.Sleep(time.Minute)
			return w.client.Exec(w.t.Context(), "here", aci.ExecOptions{Command: "true"})
		}},
	} {
		for effect, wantErr := range map[string]bool{
			`{"status":429,"code":"TooManyRequests","retryAfter":"5s"}`: false,
			`{"status":503,"code":"ServiceUnavailable"}`:                false,
			`{"drop":true}`:                      false,
			`{"status":400,"code":"BadRequest"}`: true,
		} {
			t.Run(name+effect, func(t *testing.T) {
				bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
					w.t = t
					w.fault(`{"match":{"operation":%q},"times":3,"effect":%s}`, tt.operation, effect)
					err := tt.ask(w)
					if (err != nil) != wantErr {
						t.Errorf("got %v, want an error: %v", err, wantErr)
					}
					if wantErr && azure.Explain(err) == nil && !errors.As(err, new(*azure.Error)) {
						t.Errorf("got %T, want an *azure.Error", err)
					}
				})
			})
		}
	}
}

func TestDeleteOutlivesARefusal(t *testing.T) {
	for _, effect := range []string{
		`{"status":403,"code":"AuthorizationFailed"}`, `{"status":400,"code":"BadRequest"}`, `{"status":501,"code":"NotImplemented"}`,
		`{"status":404,"code":"ResourceGroupNotFound"}`,
	} {
		bubble(t, `{}`, container(5, 0), func(t *testing.T, w *world) {
			w.fault(`{"match":{"operation":"ContainerGroups_Delete"},"times":2,"effect":%s}`, effect)
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
			if err != nil || res.CleanupError != nil || res.Kept {
				t.Errorf("%s: got %+v, %v", effect, res, err)
			}
			w.gone(res.Name)
		})
	}
}
