package browser

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// maxPicture keeps the repository small.
const maxPicture = 80 << 10

// picture takes a picture of the page as it looks on a desktop, for docs/images.
func (p *person) picture(name string) {
	p.t.Helper()
	p.shoot(name, desktopWidth, desktopHeight)
}

// phonePicture takes it as it looks on a phone, and checks that the page is not wider than
// the screen.
func (p *person) phonePicture(name string) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(phoneWidth, phoneHeight, chromedp.EmulateMobile))
	var wide int
	p.do(chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide))
	require.LessOrEqual(p.t, wide, phoneWidth, "%s: the page is wider than the phone", name)
	p.shoot(name, phoneWidth, phoneHeight, chromedp.EmulateMobile)
	p.do(chromedp.EmulateViewport(desktopWidth, desktopHeight))
}

// shoot takes the picture: the whole of a page that is up to twice as long as the
// screen, and the beginning of longer ones.
func (p *person) shoot(name string, width, height int64, options ...chromedp.EmulateViewportOption) {
	p.t.Helper()
	var tall int64
	var shot []byte
	p.do(
		page.BringToFront(), // a tab behind another is never drawn
		chromedp.Evaluate(`document.documentElement.scrollHeight`, &tall),
	)
	if tall < height || tall > 2*height {
		tall = height
	}
	p.do(
		chromedp.EmulateViewport(width, tall, options...),
		chromedp.CaptureScreenshot(&shot),
		chromedp.EmulateViewport(width, height, options...),
	)
	small, err := shrink(shot)
	require.NoError(p.t, err)
	require.Less(p.t, len(small), maxPicture, "%s is too large for the repository", name)
	if *pictures {
		require.NoError(p.t, os.WriteFile(filepath.Join("..", "..", "docs", "images", name+".png"), small, 0o644))
	}
}

// shrink writes a picture with a palette of its most frequent colours, since pages have
// few; other colours, at the edges of letters, become the nearest one.
func shrink(shot []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	count := make(map[color.RGBA]int)
	bounds := full.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return cmp.Compare(count[b], count[a]) })
	var palette color.Palette
	for _, c := range frequent[:min(len(frequent), 256)] {
		palette = append(palette, c)
	}
	few := image.NewPaletted(bounds, palette)
	draw.Draw(few, bounds, full, bounds.Min, draw.Src)
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few)
	return out.Bytes(), err
}
