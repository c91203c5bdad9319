package e2e

import (
	"os"
	"testing"

	"mokabot/internal/proof"
)

func TestMain(m *testing.M) { os.Exit(proof.SideBySide(m)) }
