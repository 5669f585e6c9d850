package worker_test

import (
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

const terminate = syscall.SIGTERM

func TestMain(m *testing.M) { clitest.Main(m) }
