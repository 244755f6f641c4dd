/** Line icons, 24 units square, drawn in the colour of the text. Always beside words or an accessible name. */

const PATHS = {
  chart: "M5 4v16M5 20h15M9.5 8v8M9.5 10h0M14.5 5v9M19 9v6",
  signals: "M3 12h3l3-7 5 14 3-7h4",
  model: "M12 4v5M12 9l-6 5M12 9l6 5M4 14h4v4H4zM16 14h4v4h-4zM10 2h4v3h-4z",
  settings: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
  node: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01",
  docs: "M6 4h9l4 4v12H6zM14 4v5h5M9 13h7M9 16.5h5",
  menu: "M4 7h16M4 12h16M4 17h16",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  flat: "M5 12h14",
  chevron: "M6 9l6 6 6-6",
  latest: "M5 12h12M12 6l6 6-6 6M21 5v14",
  alert: "M12 4 2.5 20h19zM12 10v4M12 17h.01",
  close: "M6 6l12 12M18 6 6 18",
  book: "M4 6h9M4 10h6M4 14h12M4 18h16",
  trades: "M5 6h14M5 12h14M5 18h8",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h.01M10 14h6",
  one: "M4 5h16v14H4z",
  two: "M4 5h16v14H4zM12 5v14",
  four: "M4 5h16v14H4zM12 5v14M4 12h16",
  plus: "M12 5v14M5 12h14",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  step: "M5 5l10 7-10 7zM19 5v14",
  again: "M5 12a7 7 0 1 0 2-5M5 4v4h4",
  order: "M4 7h11M12 4l3 3-3 3M20 17H9M12 14l-3 3 3 3",
  account: "M3 7h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H3zM3 7V5h14v2M16 13.5h.01",
  strategy: "M12 4v4M6 8h12v10H6zM9.5 12v1.5M14.5 12v1.5M3 12v3M21 12v3",
  stop: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM8 12h8",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  save: "M12 4v10M7 10l5 5 5-5M5 19h14",
  done: "M5 12l5 5L19 7",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.5 20c.8-4 3.8-5.5 7.5-5.5s6.7 1.5 7.5 5.5",
  people: "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M2.5 19c.6-3.4 3.2-4.7 6.5-4.7s5.9 1.3 6.5 4.7M16 5.5a3.3 3.3 0 0 1 0 6.4M18 14.8c1.9.6 3.1 2 3.5 4.2",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  key: "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8M11 12.5 20 4M16 8l3 3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = "size-4" }: { name: IconName; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      className={`shrink-0 ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
