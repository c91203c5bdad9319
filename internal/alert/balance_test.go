package alert

import "testing"

func TestBalance(t *testing.T) {
	for name, script := range map[string]string{
		"plenty is no news": `
			10:00 $100
			10:05 $90`,
		"a low balance is told when a second reading confirms it": `
			10:00     $19
			10:00     recheck          -> 10:00:30
			10:00:30  $19              -> raised balance/low
			10:00:30  recheck          -> never`,
		"the next round confirms as well": `
			10:00  $19
			10:05  $18                 -> raised balance/low`,
		"a good reading in between starts over": `
			10:00     $19
			10:00:20  $21
			10:00:30  $19
			10:00:50  $19
			10:01     $19              -> raised balance/low`,
		"a failed reading in between neither confirms nor cancels": `
			10:00     $19
			10:00:30  503
			10:00:30  recheck          -> never
			10:05     $19              -> raised balance/low`,
		"without confirmation it is told at once": `
			10:00  rules at-once
			10:00  $19                 -> raised balance/low`,
		"a first reading that is low is told": `
			10:00  rules at-once
			10:00  $3                  -> raised balance/critical @7`,
		"exactly the limit is not below it": `
			10:00  rules at-once
			10:00  $20
			10:01  $19.999999          -> raised balance/low`,
		"falling through both levels is told once": `
			10:00  $4
			10:05  $4                  -> raised balance/critical @7`,
		"falling on while the milder level is confirmed does not hold that up": `
			10:00     $19
			10:00:20  $4
			10:00:30  $4               -> raised balance/low
			10:00:50  $4               -> worsened balance/critical @7`,
		"a dip to the worse level during confirmation tells the milder one": `
			10:00     $19
			10:00:15  $4
			10:00:30  $19              -> raised balance/low
			10:05     $19`,
		"the worse level is told, with its mention": `
			10:00  $19
			10:05  $19                 -> raised balance/low
			10:10  $4                  -> updated balance/low
			10:15  $4                  -> worsened balance/critical @7`,
		"wavering about a limit is told once": `
			10:00  $19.90
			10:05  $19.90              -> raised balance/low
			10:10  $20.10              -> updated balance/low
			10:15  $19.80              -> updated balance/low
			10:20  $20.99              -> updated balance/low
			10:25  $21                 -> ended balance`,
		"better than the worse level is an edit, falling again is told": `
			10:00  $4
			10:05  $4                  -> raised balance/critical @7
			10:10  $5.10               -> updated balance/critical
			10:15  $5.25               -> eased balance/low
			10:20  $4.90               -> updated balance/low
			10:25  $4.90               -> worsened balance/critical @7`,
		"recovery is told once, with every top-up since": `
			10:00  $4
			10:05  $4                  -> raised balance/critical @7
			10:10  $14 top-up $10      -> eased balance/low
			10:15  $34 top-up $20      -> ended balance +$30.00
			10:20  $34`,
		"recovery from the worst level mentions who was called": `
			10:00  $4
			10:05  $4                  -> raised balance/critical @7
			10:10  $34                 -> ended balance`,
		"unknown and unlimited neither raise nor clear": `
			10:00  $19
			10:05  $19                 -> raised balance/low
			10:06  503
			10:07  unlimited
			10:08  $19`,
		"the smaller of key and wallet counts": `
			10:00  rules at-once
			10:00  $100 wallet $12     -> raised balance/low
			10:05  $100 wallet $12 plans $50 -> ended balance`,
		"an overdrawn wallet without a key is the worst level": `
			10:00  rules at-once
			10:00  no-key wallet $-2   -> raised balance/critical @7`,
		"a clock set back repeats nothing": `
			10:00  $19
			10:05  $19                 -> raised balance/low
			09:00  $19
			09:05  $19
			1d09:00  $19               -> reminder balance/low`,
		"figures are edited when a cent changed, once a minute at most": `
			10:00     $19
			10:00:30  $19              -> raised balance/low
			10:01     $18
			10:01:30  $18              -> updated balance/low
			10:05     $18.001
			10:10     $18.02           -> updated balance/low
			10:15     $18.02 runway 100h -> updated balance/low
			10:20     $18.02 runway 95h`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestRunway(t *testing.T) {
	for name, script := range map[string]string{
		"a short runway is low whatever the balance": `
			10:00  $500 runway 50h
			10:05  $500 runway 50h     -> raised balance/low
			10:10  $500 runway 20h     -> updated balance/low
			10:15  $500 runway 20h     -> worsened balance/critical @7
			10:20  $500 runway 25h     -> updated balance/critical
			10:25  $500 runway 26h     -> eased balance/low
			10:30  $500 runway 76h     -> ended balance`,
		"a runway that is not known any more does not clear": `
			10:00  $500 runway 50h
			10:05  $500 runway 50h     -> raised balance/low
			10:10  $500                -> updated balance/low
			10:15  $500 runway 90h     -> ended balance`,
		"a level told for its balance clears without a runway": `
			10:00  $19
			10:05  $19                 -> raised balance/low
			10:10  $50                 -> ended balance`,
		"when nothing is spent any more the runway is no worry": `
			10:00  $500 runway 50h
			10:05  $500 runway 50h     -> raised balance/low
			10:10  $500 idle           -> ended balance`,
		"with levels by runway alone nothing left is the worst": `
			10:00  rules at-once runway-only
			10:00  $100 runway 90h
			10:05  no-key wallet $0    -> raised balance/critical @7`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}

func TestReload(t *testing.T) {
	low := `
			10:00  $12
			10:05  $12                 -> raised balance/low
`
	for name, script := range map[string]string{
		"renamed levels are the same levels": low + `
			10:06  rules renamed
			10:10  $12
			10:15  $12`,
		"a milder level put in front changes nothing": low + `
			10:06  rules third-level
			10:10  $12
			10:15  $4                  -> updated balance/low
			10:20  $4                  -> worsened balance/critical @7`,
		"the told level taken away leaves without a word, the next is still told": low + `
			10:06  rules no-low
			10:10  $12                 -> withdrawn balance
			10:15  $4
			10:20  $4                  -> raised balance/critical @7`,
		"a level never told of is told though the rules changed as it was reached": low + `
			10:06  rules no-low
			10:10  $4                  -> withdrawn balance
			10:15  $4                  -> raised balance/critical @7`,
		"the worse level taken away leaves the milder": `
			10:00  $4
			10:05  $4                  -> raised balance/critical @7
			10:06  rules no-critical
			10:10  $4
			10:15  $30                 -> ended balance`,
		"a limit lowered under the balance is no recovery": low + `
			10:06  rules low-at-10
			10:10  503
			10:15  $12                 -> withdrawn balance`,
		"a limit raised over the balance is news": `
			10:00  $30
			10:01  rules low-at-40
			10:05  $30
			10:10  $30                 -> raised balance/low`,
		"a limit raised further repeats nothing": low + `
			10:06  rules low-at-40
			10:10  $12
			10:15  $25                 -> updated balance/low
			10:20  $42                 -> ended balance`,
		"a worse limit raised over the balance is told": low + `
			10:06  rules critical-at-15
			10:10  $12
			10:15  $12                 -> worsened balance/critical @7`,
		"no levels at all": low + `
			10:06  rules no-levels
			10:10  $1                  -> withdrawn balance
			10:15  $0
			10:20  $0                  -> raised exhausted`,
	} {
		t.Run(name, func(t *testing.T) { tell(t, script) })
	}
}
