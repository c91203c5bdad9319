package discord

import (
	"os"
	"testing"

	"mokabot/internal/proof"
)

func TestMain(m *testing.M) { os.Exit(proof.Main(m)) }
