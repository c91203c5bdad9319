package demo

import (
	"context"
	"fmt"
	"time"

	"mokabot/moka/mokatest"
)

// control is a button of the side panel. Its answer says what the button did.
type control struct {
	id     string
	group  both
	label  both
	active func() bool // nil: it is no switch
	do     func(ctx context.Context) (both, error)
}

var (
	spendingGroup = both{"Spending", "消耗"}
	keyGroup      = both{"API key", "令牌"}
	accountGroup  = both{"Account", "账户"}
	gatewayGroup  = both{"Gateway", "网关"}
	discordGroup  = both{"Discord", "Discord"}
	botGroup      = both{"Bot", "机器人"}
)

// atOnce makes a control of a function that cannot fail.
func atOnce(do func() both) func(context.Context) (both, error) {
	return func(context.Context) (both, error) { return do(), nil }
}

// accountControls drive the gateway's account. A new one is one line and one function.
func (d *demo) accountControls() []control {
	return []control{
		{"faster", spendingGroup, both{"Faster", "加快"}, nil, atOnce(d.faster)},
		{"slower", spendingGroup, both{"Slower", "减慢"}, nil, atOnce(d.slower)},
		{"stop", spendingGroup, both{"Stop", "停止"}, d.account.stopped, atOnce(d.stop)},
		{"spend", spendingGroup, both{"Spend $10", "消耗 $10"}, nil, atOnce(d.spendAtOnce)},
		{"spike", spendingGroup, both{"Runaway job", "失控任务"}, nil, atOnce(d.runaway)},
		{"topup", spendingGroup, both{"Top up $50", "充值 $50"}, nil, atOnce(d.topUp)},
		{"exhaust", keyGroup, both{"Use up", "用尽"}, nil, atOnce(d.exhaustKey)},
		{"expiring", keyGroup, both{"Expire in 2 days", "两天后过期"}, nil, atOnce(d.expireSoon)},
		{"expire", keyGroup, both{"Expire", "过期"}, nil, atOnce(d.expireKey)},
		{"disable", keyGroup, both{"Disable", "禁用"}, nil, atOnce(d.disableKey)},
		{"wallet", accountGroup, both{"Empty the account", "清空余额"}, nil, atOnce(d.emptyWallet)},
		{"restore", accountGroup, both{"Restore all", "全部恢复"}, nil, atOnce(d.restore)},
		{"model", gatewayGroup, both{"New model", "新增模型"}, nil, atOnce(d.newModel)},
		{"price", gatewayGroup, both{"New price", "调整价格"}, nil, atOnce(d.reprice)},
		{"gateway", gatewayGroup, both{"Down", "下线"}, d.account.isDown, atOnce(d.toggleGateway)},
	}
}

func (d *demo) faster() both {
	rate := d.account.setRate(2)
	return both{fmt.Sprintf("The account now spends $%.2f a second.", rate), fmt.Sprintf("账户现在每秒消耗 $%.2f。", rate)}
}

func (d *demo) slower() both {
	rate := d.account.setRate(0.5)
	return both{fmt.Sprintf("The account now spends $%.2f a second.", rate), fmt.Sprintf("账户现在每秒消耗 $%.2f。", rate)}
}

func (d *demo) stop() both {
	if d.account.toggleStop() {
		return both{"Spending has stopped. Open alerts are repeated after 45 s.", "不再消耗。未结束的告警 45 秒后会再次提醒。"}
	}
	return both{"Spending goes on.", "继续消耗。"}
}

func (d *demo) spendAtOnce() both {
	const cost = 10
	d.account.use(cost)
	return both{"One call cost $10.", "一次调用消耗了 $10。"}
}

// runaway tops the account up first, because it spends more than the account has.
func (d *demo) runaway() both {
	const cost = 150
	d.account.topUp(cost)
	d.account.use(cost)
	return both{"A runaway job cost $150, and the account was topped up to pay for it.", "一个失控的任务消耗了 $150，账户已为此充值。"}
}

func (d *demo) topUp() both {
	const amount = 50
	d.account.topUp(amount)
	return both{"$50 was added to the account and to its key.", "账户和令牌各增加了 $50。"}
}

func (d *demo) exhaustKey() both {
	d.account.change(func(_ *mokatest.Account, k *mokatest.Key) {
		k.Remain, k.Status = 0, mokatest.StatusExhausted
	})
	return both{"The key has nothing left; calls fail. “Restore all” ends it.", "令牌额度已用尽，调用会失败。“全部恢复”可结束。"}
}

func (d *demo) expireSoon() both {
	const soon = 48 * time.Hour
	d.account.change(func(_ *mokatest.Account, k *mokatest.Key) { k.ExpiresAt = time.Now().Add(soon) })
	return both{"The key expires in 2 days.", "令牌将在两天后过期。"}
}

func (d *demo) expireKey() both {
	d.account.change(func(_ *mokatest.Account, k *mokatest.Key) {
		k.Status, k.ExpiresAt = mokatest.StatusExpired, time.Now().Add(-time.Minute)
	})
	return both{"The key expired a minute ago; calls fail.", "令牌已在一分钟前过期，调用会失败。"}
}

func (d *demo) disableKey() both {
	d.account.change(func(_ *mokatest.Account, k *mokatest.Key) { k.Status = mokatest.StatusDisabled })
	return both{"The key was disabled in the console. The bot believes it after three refusals.", "令牌已在控制台被禁用。机器人连续三次被拒后才会告警。"}
}

func (d *demo) emptyWallet() both {
	d.account.change(func(a *mokatest.Account, _ *mokatest.Key) { a.Quota = 0 })
	return both{"The wallet is empty, though the key still shows money.", "账户余额已清空，但令牌仍显示有额度。"}
}

func (d *demo) restore() both {
	d.account.restore()
	if d.isDown() {
		d.toggleDiscord()
	}
	return both{"Spending, key, account, gateway and Discord are as they were.", "消耗速度、令牌、账户、网关和 Discord 均已恢复。"}
}

func (d *demo) newModel() both {
	name := d.account.newModel()
	return both{
		"The gateway offers " + name + ". The bot tells of it in #models once it has seen it twice.",
		"网关新增了 " + name + "。机器人两次看到后会在 #models 通知。",
	}
}

func (d *demo) reprice() both {
	name, dollars := d.account.reprice()
	return both{
		fmt.Sprintf("%s now costs $%.2f a million tokens. The bot tells of it in #models.", name, dollars),
		fmt.Sprintf("%s 现在每百万 token $%.2f。机器人会在 #models 通知。", name, dollars),
	}
}

func (d *demo) toggleGateway() both {
	if d.account.toggleDown() {
		return both{"The gateway answers 502. The bot says so after 10 s.", "网关返回 502。机器人 10 秒后会告警。"}
	}
	return both{"The gateway answers again.", "网关已恢复。"}
}
