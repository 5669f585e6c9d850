package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// readEvery is how often new lines are asked for: often, because the server is at hand.
const readEvery = 200 * time.Millisecond

// follow shows the run's logs until the worker has ended, and what is there then.
func (s *story) follow(ctx context.Context, ended <-chan struct{}) error {
	logs := cmdutil.NewFlowRunLogs(s.client, prefect.LogQuery{FlowRunIDs: []prefect.ID{s.flowRun}}, func(line prefect.Log) error {
		if strings.Contains(line.Message, s.secret) {
			return errors.New("the secret was in the logs")
		}
		s.told.logs = append(s.told.logs, line)
		s.view.log(line)
		return nil
	})
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for last := false; ; {
		if _, err := logs.Read(ctx); err != nil || last {
			return err
		}
		select {
		case <-ended:
			last = true
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// look reads the run's states, and what happened to its container group.
func (s *story) look(ctx context.Context) (string, error) {
	states, err := s.client.FlowRunStates(ctx, s.flowRun)
	if err != nil {
		return "", err
	}
	s.told.states = states
	cloud, err := azure.NewCloud(ctx, azure.Options{Cloud: s.azure.URL(), LookupEnv: s.environment(&call{}).LookupEnv})
	if err != nil {
		return "", err
	}
	defer cloud.CloseIdleConnections()
	containers, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: s.azure.Server.Account().SubscriptionID, ResourceGroup: names.group})
	if err != nil {
		return "", err
	}
	groups, err := containers.List(ctx, aci.ListOptions{Tags: map[string]string{worker.TagFlowRun: string(s.flowRun)}})
	if err != nil {
		return "", err
	}
	if len(groups) != 1 {
		return "", fmt.Errorf("flow run %s has %d container groups in Azure", s.flowRun, len(groups))
	}
	group, err := containers.Get(ctx, groups[0].Name)
	if err != nil {
		return "", err
	}
	s.told.group = group
	s.view.timeline(states, group)
	return "container group " + group.Name, nil
}

// eventsOf are the events of a group and its container in the order of their time.
func eventsOf(group *aci.Group) []aci.PlatformEvent {
	events := slices.Clone(group.Events)
	if main := group.Main(); main != nil {
		events = append(events, main.Events...)
	}
	slices.SortStableFunc(events, func(a, b aci.PlatformEvent) int { return a.First.Compare(b.First) })
	return events
}
