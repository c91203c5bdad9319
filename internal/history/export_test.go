package history

// What [History.BurnDown] and [History.Picture] draw.
var (
	BurnDownSeries = History.burnDown
	PictureSeries  = History.series
)
