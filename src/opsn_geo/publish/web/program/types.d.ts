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
  themes: Theme[];
  replies: Record<string, [number, string, string][]>;
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
  with: string;
  show: string;
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
  /** Whether a place may belong to a higher class. */
  unsure?: boolean[];
}

/** What one choice of level, theme, service and operator shows of each place. */
interface View {
  level: string;
  isService: boolean;
  title: string;
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

/** References of arcs: twice the number of the arc, plus one where it is walked backwards. */
type Ring = Int32Array | number[];

interface Topology {
  x: Int32Array;
  y: Int32Array;
  starts: Int32Array;
  nArcs: number;
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
type Scene = Areas & { topology: Topology; map: import("leaflet").Map; towns: Town[] };

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
  name: string;
  family: string;
  text: string;
  names: string;
  colour?: string;
  hatched?: boolean;
}

interface PortraitColumn {
  name: string;
  lines: [string, string][];
  rungs: Rung[];
}
