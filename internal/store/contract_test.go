package store_test

import (
	"mokabot/internal/discord"
	"mokabot/internal/store"
)

var _ discord.Outbox = (*store.DB)(nil)
