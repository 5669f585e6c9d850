package demo_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

func TestScripts(t *testing.T) { clitest.Scripts(t) }
