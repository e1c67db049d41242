export { SAMPLE_GROUPS, type SampleChannel, type SampleGroup } from './channels.ts';
export { createSeriesTable, fillSeries, type SeriesOptions } from './narrow-series.ts';
export { fillShop, SHOP_MISFITS, type ShopOptions } from './shop.ts';
