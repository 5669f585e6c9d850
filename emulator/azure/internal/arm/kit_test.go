package arm_test

import "github.com/pacific-aci/pacific/emulator/azure/internal/armtest"

const (
	tenant       = armtest.Tenant
	subscription = armtest.Subscription
	sub          = armtest.Sub
)

type (
	box   = armtest.Box
	reply = armtest.Reply
)
