package lang

func zhChart() ChartWords {
	return ChartWords{
		Title: "余额与消耗", Remaining: "可用余额", SpentByHour: "每小时消耗", SpentByDay: "每日消耗", TopUps: "充值", Forecast: "预测", Budget: "预算", Spent: "已消耗",
		Alt: func(f ChartFacts) string {
			spent := "消耗"
			if f.Spent.AtLeast && f.Spent.Spent.Known() {
				spent = "至少消耗"
			}
			text := f.From + " 至 " + f.To + " 的图表：" + spent + " " + shown(f.Spent.Spent, "未知") + "，可用余额 " + shown(f.Left, "未知")
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
