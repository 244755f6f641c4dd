/** How many rows of one height have room in a part of the screen. */

import { type RefObject, useEffect, useRef, useState } from "react";

/** Measure the element that `ref` is given to; at least `least`. */
export function useFitting(rowHeight: number, least: number): [RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(least);
  useEffect(() => {
    const element = ref.current!;
    const observer = new ResizeObserver(() => setCount(Math.max(least, Math.floor(element.clientHeight / rowHeight))));
    observer.observe(element);
    return () => observer.disconnect();
  }, [rowHeight, least]);
  return [ref, count];
}
