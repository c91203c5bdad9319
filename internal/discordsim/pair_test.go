package discordsim

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"
)

func TestAConnectionInMemoryIsLikeOneOfANetwork(t *testing.T) {
	t.Parallel()
	nettest.TestConn(t, func() (near, far net.Conn, stop func(), err error) {
		near, far = newPair()
		return near, far, func() { _, _ = near.Close(), far.Close() }, nil
	})
}
