package containers

import "time"

// Names of container events, in the spelling that clients match. Azure shows what its
// nodes' kubelets report.
const (
	eventPulling   = "Pulling"
	eventPulled    = "Pulled"
	eventStarted   = "Started"
	eventKilling   = "Killing"
	eventBackOff   = "BackOff"
	eventFailed    = "Failed"
	eventUnhealthy = "Unhealthy"
	eventEvicted   = "Evicted"
	eventSandbox   = "FailedCreatePodSandBox"
	eventMount     = "FailedMountAzureFileVolume"
	typeNormal     = "Normal"
	typeWarning    = "Warning"
	maxEventKinds  = 64 // different events kept for each container; the oldest go first
)

// eventList is the events of one container or group. The zero value is empty.
type eventList []event

// add enters an event; one with the same name and message as an earlier one raises
// its count instead.
func (l *eventList) add(now time.Time, name, message, kind string) {
	now = now.UTC()
	for i := range *l {
		if e := &(*l)[i]; e.Name == name && e.Message == message && e.Type == kind {
			e.Count++
			e.LastTimestamp = now
			return
		}
	}
	if len(*l) == maxEventKinds {
		*l = append((*l)[:0], (*l)[1:]...)
	}
	*l = append(*l, event{Count: 1, FirstTimestamp: now, LastTimestamp: now, Name: name, Message: message, Type: kind})
}
