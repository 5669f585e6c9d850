package aci

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/coder/websocket"

	"github.com/pacific-aci/pacific/azure"
)

// streamError is why a websocket of Azure's ended or could not be connected, in plain words. What the websocket library
// said is the cause.
type streamError struct{ err error }

// Error says why.
func (e *streamError) Error() string { return streamReason(e.err) }

// Unwrap gives what the library said.
func (e *streamError) Unwrap() error { return e.err }

// closeReasons are the codes with which a server ends a websocket otherwise than in good order (RFC 6455, 7.4.1, and the
// registry that it sets up).
var closeReasons = map[websocket.StatusCode]string{
	websocket.StatusGoingAway:               "the server is going away",
	websocket.StatusProtocolError:           "the server did not understand Pacific",
	websocket.StatusUnsupportedData:         "the server does not take this kind of data",
	websocket.StatusNoStatusRcvd:            "the server ended it without a reason",
	websocket.StatusInvalidFramePayloadData: "the server does not take this kind of data",
	websocket.StatusPolicyViolation:         "the server refused to go on",
	websocket.StatusMessageTooBig:           "a message was too large for the server",
	websocket.StatusInternalError:           "the server failed",
	websocket.StatusServiceRestart:          "the server is restarting",
	websocket.StatusTryAgainLater:           "the server is too busy",
	websocket.StatusBadGateway:              "a gateway could not reach the server",
}

// streamReason says in plain words why a websocket ended or could not be connected.
func streamReason(err error) string {
	if code := websocket.CloseStatus(err); code != -1 {
		reason := closeReasons[code]
		if reason == "" {
			reason = "the server ended it"
		}
		return fmt.Sprintf("%s (websocket code %d)", reason, code)
	}
	if own, ok := errors.AsType[*answerError](err); ok {
		return own.reason
	}
	if reason := azure.NetworkReason(err); reason != "" {
		return reason
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "it was given up"
	}
	if _, network := errors.AsType[net.Error](err); network {
		return "the connection failed"
	}
	return "what came is not of the websocket protocol"
}
