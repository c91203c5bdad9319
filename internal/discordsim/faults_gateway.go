package discordsim

import "slices"

// GatewayFaultKind is what goes wrong with a gateway connection.
type GatewayFaultKind int

// The faults of gateway connections.
const (
	GatewayRefuse            GatewayFaultKind = iota + 1 // Code, 503 by default, instead of the websocket
	GatewaySilent                                        // not even HELLO
	GatewayNoReady                                       // silence after IDENTIFY and RESUME
	GatewayReconnect                                     // op 7 in answer to IDENTIFY and RESUME
	GatewayInvalid                                       // op 9 in answer to IDENTIFY and RESUME
	GatewayReconnectOnResume                             // op 7 in answer to RESUME
	GatewayInvalidOnResume                               // op 9 in answer to RESUME
	GatewayClose                                         // close with Code, 4000 by default, on IDENTIFY and RESUME
	GatewayNoAck                                         // heartbeats are not answered
	GatewayDrop                                          // cut after READY or RESUMED
)

// GatewayFault makes gateway connections fail.
type GatewayFault struct {
	Kind  GatewayFaultKind
	Count int // of connections; 0 means 1, a negative one all
	Code  int
	Text  string // of a close frame; empty: Discord's
}

// InjectGateway makes the next gateway connections fail.
func (s *Server) InjectGateway(f GatewayFault) {
	if f.Count == 0 {
		f.Count = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gwFaults = append(s.gwFaults, &f)
}

// FaultsLeft counts the faults that have not struck as often as they are to:
// those of requests and those of gateway connections.
func (s *Server) FaultsLeft() (requests, connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.faults), len(s.gwFaults)
}

func (s *Server) gatewayFault() GatewayFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.gwFaults) == 0 {
		return GatewayFault{}
	}
	s.excused = true
	f := s.gwFaults[0]
	if f.Count--; f.Count == 0 {
		s.gwFaults = slices.Delete(s.gwFaults, 0, 1)
	}
	return *f
}

// each does something to all gateway connections.
func (s *Server) each(f func(*gatewayConn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.session == nil { // it has come no further than its address
			s.excused = true
		}
		f(c)
	}
}

// Drop cuts the gateway connections; sessions can be resumed.
func (s *Server) Drop() { s.each((*gatewayConn).cut) }

// CloseGateway ends the gateway connections with a close code.
func (s *Server) CloseGateway(code int) { s.each(func(c *gatewayConn) { c.close(code) }) }

// Reconnect asks the bot to reconnect and resume (op 7).
func (s *Server) Reconnect() { s.each(func(c *gatewayConn) { c.sendOp(opReconnect, nil) }) }

// AskHeartbeat asks the bot for a heartbeat out of turn (op 1).
func (s *Server) AskHeartbeat() { s.each(func(c *gatewayConn) { c.sendOp(opHeartbeat, nil) }) }

// Invalidate tells the bot that its session is invalid (op 9).
func (s *Server) Invalidate(resumable bool) {
	s.each(func(c *gatewayConn) {
		if c.session != nil {
			c.session.gone = !resumable
		}
		c.sendOp(opInvalid, resumable)
	})
}

// Mute keeps the gateway connections open and no longer sends anything on them,
// as a line that is dead without being cut. Events are kept for a resumption.
func (s *Server) Mute(mute bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = mute
}

func (s *Server) isMuted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.muted
}
