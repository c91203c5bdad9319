package chart

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	filterUp     = 2
)

// encode writes a picture as PNG. The standard library tries every filter on
// every row, which takes most of a chart's time; charts are lines, bars and
// areas, for which the row above is a good guess at all times.
func encode(img *image.NRGBA) ([]byte, error) {
	var data bytes.Buffer
	z, err := zlib.NewWriterLevel(&data, zlib.BestSpeed)
	if err != nil {
		return nil, err
	}
	line := make([]byte, 1+img.Stride)
	line[0] = filterUp
	above := make([]byte, img.Stride)
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:img.Stride]
		for i, v := range row {
			line[1+i] = v - above[i]
		}
		if _, err := z.Write(line); err != nil {
			return nil, err
		}
		above = row
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	const depth, rgba = 8, 6
	header := binary.BigEndian.AppendUint32(nil, uint32(img.Rect.Dx()))
	header = binary.BigEndian.AppendUint32(header, uint32(img.Rect.Dy()))
	header = append(header, depth, rgba, 0, 0, 0)
	out := chunk([]byte(pngSignature), "IHDR", header)
	out = chunk(out, "IDAT", data.Bytes())
	return chunk(out, "IEND", nil), nil
}

// chunk appends a part of a PNG: length, kind, data and checksum.
func chunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	begin := len(out)
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[begin:]))
}
