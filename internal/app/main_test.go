package app

import (
	"os"
	"testing"

	"mokabot/internal/proof"
	"mokabot/internal/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(proof.Main(m, pgtest.End)) }
