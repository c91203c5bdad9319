package moka

// SharedWallets groups readings by the wallet that they are of: the indices of
// each wallet's readings, in the order of their first. Readings without a wallet
// stand alone, unless they are of the same key.
func SharedWallets(readings []Reading) [][]int {
	var groups [][]int
	of := map[string]int{}
	for i, r := range readings {
		if at, seen := of[r.Identity]; seen && r.Identity != "" {
			groups[at] = append(groups[at], i)
			continue
		}
		of[r.Identity] = len(groups)
		groups = append(groups, []int{i})
	}
	return groups
}

// SpendableTogether is what the keys of one wallet can spend: what they allow
// together, and no more than the wallet.
func SpendableTogether(readings []Reading) Maybe {
	sum := Known(0)
	limited := true
	for _, r := range readings {
		left := r.Spendable()
		limited = limited && left.Known()
		sum = sum.Plus(left)
	}
	if len(readings) == 1 {
		return sum
	}
	wallet := readings[0]
	wallet.Key, wallet.KeyErr = nil, nil
	all := wallet.Spendable()
	switch {
	case wallet.Wallet == nil:
		return readings[0].Spendable() // the same key, named twice
	case !limited:
		return Maybe{}
	case !all.Known():
		return sum
	}
	return smaller(sum, all)
}
