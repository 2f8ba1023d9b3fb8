// The shapes of what passes between the modules: what payload.py packs, and what is made of it.

/** A class of a legend, as classes.py makes it; a state says besides whether it covers, or may cover, a commune. */
interface Class {
  key?: string;
  label: string;
  colour: string;
  upper?: number | null;
  hatched?: boolean;
  /** false where nothing measures the class: it has no line in the legend. */
  measured?: boolean;
  covered?: boolean;
  possible?: boolean;
}

interface Theme {
  key: string;
  group: string;
  level: string;
  title: string;
  note: string;
  /** What it rests on, in words. */
  basis: string;
  kind: "intervals" | "categories";
  share: boolean;
  unit: string;
  classes: Class[];
  of: number[];
  values: (number | null)[];
  /** The greatest possible value, where it differs from the one that is certain. */
  most?: (number | null)[];
  /** Whether the greatest possible value falls in another class. */
  unsure?: boolean[];
}

/** Places of one level, column by column. */
interface Level {
  code: string[];
  name: string[];
  population: (number | null)[];
  postal?: string[];
  inside?: number[];
  outside?: (number | null)[];
  /** The weakest basis of what is published of a place. */
  basis?: string[];
  opsn?: number[][];
}

interface Signs {
  group: string;
  point: string;
  minus: string;
  percent: string;
  space: string;
  missing: string;
  to: string;
}

interface Grid {
  left: number;
  top: number;
  step: number;
}

/** The head of the packed data. */
interface Head {
  parts: [string, number][];
  lang: string;
  background: string;
  texts: Record<string, string>;
  signs: Signs;
  paper: Record<string, string>;
  grid: Grid;
  towns: [number, number, number][];
  /** The level whose areas are drawn. */
  base: string;
  levels: Record<string, Level>;
  /** The place of each area at the wider levels. */
  groups: Record<string, number[]>;
  services: { key: string; name: string; family: string; any?: boolean }[];
  opsn: { key: string; name: string; complete: boolean }[];
  combos: number[][];
  states: Class[];
  otherOperator: Class;
  paths: string[];
  shares: Class[];
  servicesBasis: string;
  /** The theme that the atlas opens with, where it has one of its own. */
  opening: string;
  filters: Filter[];
  /** What a state or a word of a legend means. */
  meanings: Record<string, string>;
  /** Words for one thing, between commas. */
  synonyms: string[];
  themes: Theme[];
  replies: Record<string, [number, string, string][]>;
}

/** A band of communes that the reader can keep alone. */
interface Filter {
  key: string;
  label: string;
  options: { key: string; label: string }[];
  of: number[];
}

interface Tally {
  covered: number;
  possible: number;
  all: number;
}

interface Packed {
  head: Head;
  parts: Record<string, Uint8Array>;
}

/** What the page around the map says of itself. */
interface Page {
  title: string;
  subtitle: string;
  /** What is simulated or assumed, in words; empty where nothing is. */
  notice: string;
  /** The same in a few words. */
  short: string;
  source: string;
  stem: string;
}

interface Model extends Head {
  page: Page;
  topology: Uint8Array;
  shownLevels: string[];
  members: Record<string, number[][]>;
  isStudied(level: string, i: number): boolean;
  groupOf(level: string, area: number): number;
  stateOf(service: number): Uint8Array;
  pathOf(service: number): Uint8Array;
  operatorsOf(service: number, i: number): number[];
}

/** What is kept in the address of the page. */
interface Choices {
  level: string;
  theme: string;
  service: string;
  opsn: string;
  place: string;
  /** Places to compare with, between commas. */
  with: string;
  show: string;
  /** Services counted together, between commas. */
  services: string;
  /** Filters: a band of size and of density, a département, an EPCI, the reader's own group of communes. */
  size: string;
  density: string;
  dep: string;
  epci: string;
  group: string;
  mine: string;
  /** What a second map shows: a theme, or service: and its key. */
  second: string;
  note: string;
  at: string;
}

interface Store {
  get(): Choices;
  on(listener: (now: Choices, before: Choices) => void): void;
  set(changes: Partial<Choices>): void;
  replace(changes: Partial<Choices>): void;
}

interface Place {
  level: string;
  i: number;
  word: string;
  name: string;
}

/** What is shown of the places of a level: their classes, words and values. */
interface Shown {
  classes: Class[];
  of: Int16Array;
  text(i: number): string;
  raw(i: number): string | number | null;
  most?(i: number): number | null;
  detail?(i: number): string;
  /** Of the communes of each place: how many are covered, how many may be. */
  tallies?: Tally[];
  /** Whether a place may belong to a higher class. */
  unsure?: boolean[];
}

/** What one choice of level, theme, service and operator shows of each place. */
interface View {
  level: string;
  isService: boolean;
  /** The theme, or the numbers of the service and of its operator; -1 for none. */
  theme: Theme | null;
  service: number;
  operator: number;
  title: string;
  /** The filters in words; empty without any. */
  filter: string;
  tallies?: Tally[];
  note?: string;
  basis: string;
  classes: (Class & { place: number; count: number })[];
  of: Int16Array;
  unsure: boolean[];
  unsureCount: number;
  shown: number[];
  text(i: number): string;
  detail(i: number): string;
  raw(i: number): string | number | null;
  most?(i: number): number | null;
}

type Numbers = ReturnType<typeof import("./numbers.js").numberFormats>;
type Projection = ReturnType<typeof import("./layer.js").gridProjection>;
type Paths = ReturnType<typeof import("./layer.js").makePaths>;
type Areas = ReturnType<typeof import("./map.js").makeMap>;

/** What answers the pointer on a map: the place under it, its words, and what a click does. */
interface TipSource {
  under(latlng: import("leaflet").LatLng): number;
  describe(i: number): Child[];
  onChoose(i: number): void;
}

interface Tip {
  hide(): void;
  sources: Set<TipSource>;
}

/** What maps of the same areas share. */
interface Ground {
  topology: Topology;
  paths: Paths;
  projection: Projection;
  areaBoxes(): Box[];
  side(): Sides;
  arcs(): Record<string, number[]>;
  landRings(): Ring[];
  find(x: number, y: number): number;
  land(): Path2D;
  all(): Path2D;
  lines(): Record<string, Path2D>;
  towns: Town[];
  ringsOf(shown: View): ViewRings;
  ownArcs: number[];
}

/** References of arcs: twice the number of the arc, plus one where it is walked backwards. */
type Ring = Int32Array | number[];

interface Topology {
  x: Int32Array;
  y: Int32Array;
  starts: Int32Array;
  nArcs: number;
  /** The junction where each arc begins, and where it ends. */
  from: Int32Array;
  to: Int32Array;
  nJunctions: number;
  areas: Ring[][];
}

interface Sides {
  left: Int32Array;
  right: Int32Array;
}

/** The rings of each class of a view, and of what is unsure in it. */
interface ViewRings {
  classes: Ring[][];
  unsure: Ring[];
}

type Box = number[];

interface Town {
  x: number;
  y: number;
  name: string;
  rank: number;
}

interface Pen {
  fill(path: Path2D, colour: string, alpha?: number): void;
  hatch(path: Path2D, ink: string): void;
  stroke(path: Path2D, colour: string, width: number): void;
  place(x: number, y: number): [number, number];
  onScreen(draw: (context: CanvasRenderingContext2D) => void): void;
}

interface DrawnFrame {
  zoom: number;
  size: { x: number; y: number };
}

/** What the sheet is drawn from besides the view. */
type Scene = Ground & { map: import("leaflet").Map; home: import("leaflet").LatLngBounds; places: Place[]; sentence: string; note: string };

/** Where a part of the grid goes on the sheet. */
interface Fit {
  scale: number;
  x: number;
  y: number;
  pixels: number;
}

interface Column {
  key: string;
  label: string;
  isNumber?: boolean;
  /** Left out where the page is narrow. */
  isWide?: boolean;
  raw(i: number): string | number | null;
  cell?(i: number): string;
}

/** A place as the search finds it. */
interface PlaceEntry {
  value: string;
  folded: string;
  label: string;
  note: string;
  codes: string[];
  weight: number;
  /** Acronyms and other ways to call it. */
  others: string[];
}

interface Proposal {
  value: string;
  label: string;
  note?: string;
  group?: string;
}

type Child = Node | string | null | undefined | Child[];
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: any) => void)>;

/** How far one service has come to a place, as its portrait shows it. */
interface Rung {
  key: string;
  name: string;
  family: string;
  text: string;
  names: string;
  /** open: all of the place has it; unknown: all of it may; lack: some of it has not. */
  need: string;
  /** The share of its communes that certainly have it. */
  share: number;
  /** Whether an operator offers it there. */
  isNear: boolean;
  colour?: string;
  hatched?: boolean;
}
