package moka

import "slices"

// SharedWallets groups readings by wallet and returns the indices of each group, in the
// order of their first. A reading without a wallet is a group of its own, unless another
// reading has the same key, or the wallet that pays for that key.
func SharedWallets(readings []Reading) [][]int {
	var groups [][]int
	of := map[string]int{}
	for i, r := range readings {
		wallet := r.Identity
		if slices.ContainsFunc(readings, func(o Reading) bool { return r.Payer != "" && o.Identity == r.Payer }) {
			wallet = r.Payer
		}
		if at, seen := of[wallet]; seen && wallet != "" {
			groups[at] = append(groups[at], i)
			continue
		}
		of[wallet] = len(groups)
		groups = append(groups, []int{i})
	}
	return groups
}

// SpendableTogether is what the keys of one wallet can spend: what they allow
// together, and no more than the wallet.
func SpendableTogether(readings []Reading) Maybe {
	if len(readings) == 1 {
		return readings[0].Spendable()
	}
	at := slices.IndexFunc(readings, func(r Reading) bool { return r.Wallet != nil })
	if at < 0 {
		return readings[0].Spendable() // the same key, named twice
	}
	wallet := readings[at]
	wallet.Key, wallet.KeyErr = nil, nil
	all := wallet.Spendable()
	sum := Known(0)
	for _, r := range readings {
		if r.Wallet == nil && r.OK() && r.Key != nil && r.Key.Unlimited {
			return all
		}
		sum = sum.Plus(r.Spendable())
	}
	if left, known := all.Get(); known && left <= 0 {
		return all // a debt counts once
	}
	if !sum.Known() || !all.Known() {
		return sum
	}
	return smaller(sum, all)
}
