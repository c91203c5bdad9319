package lang

func zhChart() ChartWords {
	return ChartWords{
		Title: "余额与消耗", Remaining: "可用余额", SpentByHour: "每小时消耗", SpentByDay: "每日消耗", TopUps: "充值", Forecast: "预测", Budget: "预算", Spent: "已消耗",
		Alt: func(f ChartFacts) string {
			spent, left := "消耗未知", "可用余额未知"
			if amount, ok := f.Spent.Spent.Get(); ok {
				spent = "消耗 " + amount.String()
				if f.Spent.AtLeast {
					spent = "至少" + spent
				}
			}
			if amount, ok := f.Left.Get(); ok {
				left = "可用余额 " + amount.String()
			}
			text := f.From + " 至 " + f.To + " 的图表：" + spent + "，" + left
			if f.TopUps > 0 {
				text += "，充值 " + f.TopUps.String()
			}
			if f.Runway.Known {
				text += "；预计可用" + zhRunway(f.Runway)
			}
			return text + "。"
		},
	}
}
