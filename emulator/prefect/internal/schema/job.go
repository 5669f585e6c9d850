package schema

import (
	"encoding/json"

	"github.com/google/uuid"
)

// JobVariables are what a pool's defaults, a deployment and a run say about a job, in this order: later ones win.
type JobVariables struct {
	// Template is the pool's base job template. One that is empty allows everything.
	Template json.RawMessage
	// Layers are the deployment's variables and the run's; each an object, or null.
	Layers []json.RawMessage
	// Complete says that everything required must be there: so it is with a run.
	Complete bool
	// Defaults says that the pool's own defaults must fit too: so it is when they are set. Otherwise those that do not
	// are left out, and then nothing is required either.
	Defaults bool
	// Block reads the data of a block that a default refers to.
	Block func(uuid.UUID) (json.RawMessage, bool)
	// What begins the server's reason: "Error creating deployment: ".
	What string
}

// Validate gives the reply that refuses them, an *api.Error: 422, or 404 for a block that is not there.
func (j JobVariables) Validate() error { return nil }
