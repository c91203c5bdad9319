package alert

import "testing"

func TestEmpty(t *testing.T) {
	for name, script := range map[string]string{
		"a used up key is one post, not one more for the balance": `
			10:00    exhausted
			10:00    recheck           -> 10:00:30
			10:05    exhausted         -> raised exhausted @7
			10:10    exhausted
			16:05    exhausted         -> reminder exhausted @7`,
		"a used up key takes over the balance, and one post ends it": `
			10:00    $4
			10:05    $4                -> raised balance/critical @7
			10:10    exhausted         -> updated balance/critical
			10:15    exhausted         -> raised exhausted @7, withdrawn balance by exhausted
			10:20    $50 top-up $50    -> ended exhausted +$50.00
			10:25    $50`,
		"a small top-up ends on the level it reaches, in one post": `
			10:00    exhausted
			10:05    exhausted         -> raised exhausted @7
			10:10    $3 top-up $3      -> withdrawn exhausted by balance, raised balance/critical @7
			10:15    $3
			10:20    $40 top-up $37    -> ended balance +$40.00`,
		"a refund that makes an empty key look alive is not told": `
			10:00    exhausted
			10:05    exhausted         -> raised exhausted @7
			10:10    $0.20             -> updated exhausted
			10:10:20 exhausted
			10:15    exhausted         -> updated exhausted`,
		"no reminder of an empty key that seems to have money again": `
			10:00    exhausted
			10:05    exhausted         -> raised exhausted @7
			16:06    $50               -> updated exhausted
			16:06:30 $50               -> ended exhausted`,
		"nothing left says the same in two ways": `
			10:00    $0
			10:05    exhausted         -> raised exhausted @7
			10:10    $0`,
		"it is told without levels": `
			10:00    rules no-levels
			10:00    exhausted
			10:05    exhausted         -> raised exhausted
			10:10    $2 top-up $2      -> ended exhausted +$2.00`,
		"an empty wallet behind a key with money": `
			10:00    $30 wallet $0
			10:05    $30 wallet $0     -> raised wallet_empty @7
			10:10    $30 wallet $50 top-up $50 -> ended wallet_empty +$50.00`,
		"an empty wallet behind an unlimited key": `
			10:00    unlimited wallet $-1
			10:05    unlimited wallet $-1 -> raised wallet_empty @7`,
		"an empty wallet behind a key that was not asked about": `
			10:00    $30 ample wallet $0
			10:05    $30 ample wallet $0 -> raised wallet_empty @7
			10:10    $30 ample wallet $50 top-up $50 -> ended wallet_empty +$50.00`,
		"an empty wallet with a plan is not empty": `
			10:00    $30 wallet $0 plans $25
			10:05    $30 wallet $0 plans $25`,
		"both empty is told for the first, then for what remains": `
			10:00    $30 wallet $0
			10:05    $30 wallet $0     -> raised wallet_empty @7
			10:10    exhausted wallet $0
			10:15    exhausted wallet $0
			10:20    exhausted wallet $50 top-up $50 -> withdrawn wallet_empty by exhausted, raised exhausted @7`,
		"unknown does not end it": `
			10:00    exhausted
			10:05    exhausted         -> raised exhausted @7
			10:10    503
			10:12    503`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestAccess(t *testing.T) {
	for name, script := range map[string]string{
		"unreachable is told once it has lasted, and once when over": `
			10:00  $100
			10:05  503
			10:10  429
			10:20  503                 -> raised unreachable
			12:00  503
			12:05  $100                -> ended unreachable
			12:10  $100`,
		"a good reading starts the wait over": `
			10:00  503
			10:10  $100
			10:15  503
			10:29  503
			10:30  503                 -> raised unreachable`,
		"unreachable keeps the balance as it was": `
			10:00  $4
			10:05  $4                  -> raised balance/critical @7
			10:10  503
			10:25  503                 -> raised unreachable
			10:30  $4                  -> ended unreachable`,
		"two refusals prove nothing": `
			10:00  401
			10:05  401
			10:10  $100`,
		"three refusals in a row are told": `
			10:00  401
			10:05  401
			10:10  401                 -> raised refused @7
			10:15  401
			11:00  401
			11:05  $100                -> ended refused`,
		"refusals within seconds are not told": `
			10:00:00  401
			10:00:01  401
			10:00:02  401
			10:00:59  401
			10:01:00  401              -> raised refused @7`,
		"a failure between refusals speaks for the gateway's trouble": `
			10:00  401
			10:05  503
			10:10  401
			10:15  503                 -> raised unreachable
			10:20  401
			10:25  $100                -> ended unreachable`,
		"refused takes the place of unreachable": `
			10:00  503
			10:15  503                 -> raised unreachable
			10:20  401
			10:25  401
			10:30  401                 -> raised refused @7, withdrawn unreachable by refused
			10:35  503
			11:35  503
			11:40  $100                -> ended refused`,
		"a refused wallet beside a good key": `
			10:00  $100 wallet-401
			10:05  $100 wallet-401
			10:10  $100 wallet-401     -> raised refused @7`,
		"a disabled key is refused, its balance is no news": `
			10:00  disabled
			10:05  disabled
			10:10  disabled            -> raised refused @7`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestExpiry(t *testing.T) {
	for name, script := range map[string]string{
		"expiring turns into expired, and renewal ends it": `
			10:00    $100 expires 30d10:00
			23d10:00 $100 expires 30d10:00 -> raised expiring
			29d10:00 $100 expires 30d10:00
			30d10:00 $100 expires 30d10:00 -> raised expired @7, withdrawn expiring by expired
			30d10:05 expired
			31d10:00 $100 expires 60d10:00 -> ended expired`,
		"renewal in time ends expiring": `
			10:00    $100 expires 3d10:00  -> raised expiring
			1d10:00  $100 expires 90d10:00 -> ended expiring`,
		"a key that never expires any more": `
			10:00    $100 expires 3d10:00  -> raised expiring
			1d10:00  $100                  -> ended expiring`,
		"a key expires while nothing can be read": `
			10:00    $100 expires 1d10:00  -> raised expiring
			1d09:55  503
			1d10:00  503                   -> raised expired @7, withdrawn expiring by expired`,
		"an expired key that is then refused is told once": `
			10:00    $100 expires 1d10:00  -> raised expiring
			1d10:00  401                   -> raised expired @7, withdrawn expiring by expired
			1d10:05  401
			1d10:10  401
			1d11:10  401`,
		"refusals that turn out to be the expiry": `
			10:00    401
			10:05    401
			10:10    401                   -> raised refused @7
			10:15    expired               -> withdrawn refused by expired, raised expired @7`,
		"an expired key is no low balance": `
			10:00    expired               -> raised expired @7
			10:05    expired
			10:10    expired`,
		"renewal for a short time is one post": `
			10:00    expired               -> raised expired @7
			11:00    $100 expires 3d10:00  -> withdrawn expired by expiring, raised expiring`,
		"renewal for a few days is an edit": `
			10:00    $100 expires 3d10:00  -> raised expiring
			10:05    $100 expires 5d10:00  -> updated expiring
			10:10    $100 expires 5d10:00`,
		"a clock set back past the expiry takes it back": `
			10:00    $100 expires 3d10:00  -> raised expiring
			3d10:00  $100 expires 3d10:00  -> raised expired @7, withdrawn expiring by expired
			2d10:00  $100 expires 3d10:00  -> withdrawn expired by expiring, raised expiring
			3d10:00  $100 expires 3d10:00  -> raised expired @7, withdrawn expiring by expired`,
		"a shorter warning time does not end a warning, none does": `
			10:00    $100 expires 3d10:00  -> raised expiring
			10:01    rules expiry-1d
			10:05    $100 expires 3d10:00
			10:06    rules no-expiry
			10:10    $100 expires 3d10:00  -> withdrawn expiring`,
		"a key taken out of the settings is forgotten": `
			10:00    $100 expires 3d10:00  -> raised expiring
			10:05    no-key wallet $100    -> withdrawn expiring`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestPlanEnding(t *testing.T) {
	for name, script := range map[string]string{
		"is told once, and over when the plan was renewed": `
			10:00    $90 wallet $90 plan-ends 30d10:00
			23d10:00 $90 wallet $90 plan-ends 30d10:00 -> raised plan_ending
			29d10:00 $90 wallet $90 plan-ends 30d10:00
			29d11:00 $90 wallet $90 plan-ends 60d10:00 -> ended plan_ending`,
		"is over when the plan has ended": `
			10:00    $90 wallet $90 plan-ends 2d10:00 -> raised plan_ending
			2d10:01  $90 wallet $90                   -> ended plan_ending`,
		"follows a plan that is extended by a little": `
			10:00    $90 wallet $90 plan-ends 2d10:00 -> raised plan_ending
			10:05    $90 wallet $90 plan-ends 3d10:00 -> updated plan_ending
			10:10    $90 wallet $90 plan-ends 3d10:00`,
		"what cannot be read changes nothing": `
			10:00    $90 wallet $90 plan-ends 2d10:00 -> raised plan_ending
			10:05    $90 wallet-401
			10:10    $90 wallet $90 plan-ends 2d10:00`,
		"a clock that was ahead is taken back": `
			10:00    $90 wallet $90 plan-ends 30d10:00
			28d10:00 $90 wallet $90 plan-ends 30d10:00 -> raised plan_ending
			10:05    $90 wallet $90 plan-ends 30d10:00 -> withdrawn plan_ending`,
		"without a warning time there is none": `
			10:00    $90 wallet $90 plan-ends 2d10:00 -> raised plan_ending
			10:01    rules no-expiry
			10:05    $90 wallet $90 plan-ends 2d10:00 -> withdrawn plan_ending`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestSpike(t *testing.T) {
	for name, script := range map[string]string{
		"is told once, and its end": `
			10:00  $100 spent $4.90 usual $1
			10:05  $100 spent $5 usual $1    -> raised spike
			10:10  $100 spent $8 usual $1    -> updated spike
			10:15  $100 spent $4 usual $1    -> updated spike
			10:20  $100 spent $5.10 usual $1 -> updated spike
			10:25  $100 spent $2.50 usual $1 -> ended spike`,
		"small sums are no spike": `
			10:00  $100 spent $0.90 usual $0.01
			10:05  $100 spent $1 usual $0.01 -> raised spike`,
		"without enough history there is none": `
			10:00  $100 spent $50`,
		"unknown spending does not end it": `
			10:00  $100 spent $5 usual $1    -> raised spike
			10:05  503
			10:10  $100 usual $1
			10:15  $100 spent $0.50          -> ended spike`,
		"ten times the usual is told after a quarter of an hour, while it runs": `
			10:00  $100 spent $1 quarter $0.25 usual $1
			10:10  $100 spent $2.50 quarter $1.75 usual $1
			10:15  $100 spent $3.25 quarter $2.50 usual $1 -> raised spike
			10:20  $100 spent $2.50 quarter $2.50 usual $1 -> updated spike
			10:30  $100 spent $2.50 quarter $0.10 usual $1 -> ended spike`,
		"a hundred times the usual is told within minutes": `
			10:00  $100 spent $1 quarter $0.25 usual $1
			10:02  $100 spent $4.30 quarter $3.55 usual $1 -> raised spike`,
		"a lively quarter of an hour is none": `
			10:00  $100 spent $2.40 quarter $2.40 usual $1
			10:05  $100 spent $0.60 quarter $0.60 usual $0.01`,
		"a part of the hour that cost as much is enough": `
			10:00  $100 spent $0 part quarter $0 usual $1
			10:03  $100 spent $2.50 part quarter $2.50 usual $1 -> raised spike`,
		"a part of the hour does not end it": `
			10:00  $100 spent $5 usual $1      -> raised spike
			11:45  $100 spent $0.10 part usual $1 -> updated spike
			12:35  $100 spent $0.50 usual $1   -> ended spike`,
		"switched off it is dropped without a word": `
			10:00  $100 spent $5 usual $1    -> raised spike
			10:01  rules no-spike
			10:05  $100 spent $9 usual $1    -> withdrawn spike`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}
