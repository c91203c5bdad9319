package moka

import (
	"testing"
	"time"
)

func TestAmountsNotedInWords(t *testing.T) {
	usd := Units{Display: DisplayUSD, QuotaPerUnit: 500_000}
	cny := Units{Display: DisplayCNY, QuotaPerUnit: 500_000, CNYPerUSD: 7.3}
	own := func(symbol string, perUSD float64) Units {
		return Units{Display: DisplayCustom, QuotaPerUnit: 500_000, Custom: Currency{symbol, perUSD}}
	}
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
		{"补偿 €1.380000 额度", own("€", 0.92), 750_000, true},
		{"补偿 R$ 8.250000 额度", own("R$ ", 5.5), 750_000, true},
		{"补偿 R$ 8.250000 额度", usd, 0, false},
		{"补偿 $1.500000 额度", usd, 750_000, true},
		{"补偿 ¥3.000000 额度", own("¥", 2), 750_000, true},
		{"补偿 ¤1.500000 额度", own("¤", 1), 750_000, true},
		{"通过兑换码充值 ＄1.500000 额度，兑换码ID 7", own("€", 0.92), 750_000, true},
		{"补偿 €1.380000 额度", usd, 0, false},            // an earlier currency
		{"补偿 €1.380000 额度", own("€", 0), 0, false},    // the rate is not known
		{"补偿 Ƀ0.000015 额度", own("Ƀ", 1e-5), 0, false}, // six decimals are 50,000 units
		{"补偿 ＄99999999999999.0 额度", usd, 0, false},
	} {
		if quota, ok := noted(c.text, c.units); ok != c.ok || ok && quota != c.quota {
			t.Errorf("%s: %d, %t", c.text, quota, ok)
		}
	}
}

// TestCredits reads what the log says was added: paid for, given and won, as the
// gateways' sentences say it.
func TestCredits(t *testing.T) {
	usd := Units{Display: DisplayUSD, QuotaPerUnit: 500_000}
	for _, c := range []struct {
		kind          int
		content       string
		adds          bool
		quota, unread int64
	}{
		{logTopUp, "通过兑换码充值 ＄1.500000 额度，兑换码ID 7", true, 750_000, 0},
		{logTopUp, "使用在线充值成功，充值金额: ＄10.000000 额度，支付金额：73.000000", true, 5_000_000, 0},
		{logTopUp, "使用在线充值成功，充值金额: ＄50.000000，支付金额：50", true, 25_000_000, 0}, // Stripe
		{logTopUp, "管理员补单成功，充值金额: ＄12.500000，支付金额：91.250000", true, 6_250_000, 0},
		{logTopUp, "Waffo充值成功，充值额度: 750000，支付金额: 1.50", true, 750_000, 0}, // displayed as quota
		{logTopUp, "使用Creem充值成功，充值额度: 5000000，支付金额：10.00", true, 5_000_000, 0},
		{logTopUp, "使用在线充值成功，充值金额: €50.00，支付金额：50", true, 0, 1},
		{logTopUp, "订阅购买成功，套餐: 月卡，支付金额: 30.00，支付方式: stripe", false, 0, 0},
		{logTopUp, "使用余额购买订阅成功，套餐: 月卡，支付金额: 30.00，扣除额度: 15000000", false, 0, 0},
		{logManage, "管理员增加用户额度 ＄2.000000 额度", true, 1_000_000, 0},
		{logManage, "管理员减少用户额度 ＄2.000000 额度", false, 0, 0},
		{logManage, "管理员覆盖用户额度从 ＄2.000000 额度 为 ＄3.000000 额度", true, 500_000, 0},
		{logManage, "管理员将用户额度从 ＄3.000000 额度修改为 ＄2.000000 额度", true, 0, 0},
		{logManage, "管理员将用户额度从 ＄0.000000 额度修改为 ＄2.000000 额度", true, 1_000_000, 0},
		{logManage, "管理员覆盖用户额度从 ＄-1.000000 额度 为 ＄2.000000 额度", true, 1_500_000, 0},
		{logManage, "管理员覆盖用户额度从 100 点额度 为 250 点额度", true, 150, 0},
		{logManage, "管理员覆盖用户额度从 ¥2.000000 额度 为 ＄3.000000 额度", true, 0, 1},
		{logManage, "Increased user quota by ＄2.000000 额度", true, 1_000_000, 0},
		{logManage, "Decreased user quota by ＄2.000000 额度", false, 0, 0},
		{logManage, "Overrode user quota from ＄1.000000 额度 to ＄4.000000 额度", true, 1_500_000, 0},
		{logManage, "赠送 ＄2.000000 额度，其中 ＄1.000000 额度限时", true, 0, 1},
		{logManage, "用户自助修改密码", false, 0, 0},
		{logSystem, "用户签到，获得额度 ＄0.100000 额度", true, 50_000, 0},
		{logSystem, "异步任务执行失败 task-1，补偿 ＄1.500000 额度", false, 0, 0},
	} {
		row := logRow{At: 100, Type: c.kind, Content: c.content}
		var sum Credits
		if row.adds() != c.adds {
			t.Errorf("%s: adds %t", c.content, !c.adds)
		}
		if c.adds {
			sum.add(row, usd, time.Time{})
		}
		if sum.Quota != c.quota || int64(sum.Unread) != c.unread || sum.None() != (c.quota == 0 && c.unread == 0) {
			t.Errorf("%s: %+v", c.content, sum)
		}
	}
}

// An amount of its own says more than the words beside it, whatever the unit was.
func TestCreditsWithAnAmountOfTheirOwn(t *testing.T) {
	now := time.Unix(200, 0)
	var sum Credits
	sum.add(logRow{At: 100, Type: logTopUp, Quota: 25_000_000}, Units{Display: DisplayUSD, QuotaPerUnit: 500_000}, now)
	if sum.Quota != 25_000_000 || sum.Unread != 0 {
		t.Errorf("%+v", sum)
	}
}
