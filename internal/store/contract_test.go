package store_test

import (
	"mokabot/bot"
	"mokabot/internal/store"
)

var _ bot.Outbox = (*store.DB)(nil)
