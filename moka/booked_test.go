package moka

import "testing"

func TestAmountsNotedInWords(t *testing.T) {
	usd := Units{Display: DisplayUSD, QuotaPerUnit: 500_000}
	cny := Units{Display: DisplayCNY, QuotaPerUnit: 500_000, CNYPerUSD: 7.3}
	for _, c := range []struct {
		text  string
		units Units
		quota int64
		ok    bool
	}{
		{"异步任务执行失败 task-1，补偿 ＄1.500000 额度", usd, 750_000, true},
		{"构图失败 1720000000123456，补偿 ＄0.000002 额度", usd, 1, true},
		{"补偿 750000 点额度", usd, 750_000, true},
		{"补偿 ¥10.950000 额度", cny, 750_000, true},
		{"补偿 ¥10.950000 额度", usd, 0, false}, // the rate is not known
		{"补偿 ¤3.00 额度", usd, 0, false},
		{"异步任务执行失败 9000，已退款", usd, 0, false},
		{"补偿 ＄99999999999999.0 额度", usd, 0, false},
	} {
		if quota, ok := noted(c.text, c.units); ok != c.ok || ok && quota != c.quota {
			t.Errorf("%s: %d, %t", c.text, quota, ok)
		}
	}
}
