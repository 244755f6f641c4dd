/** Plain text with `code` in it, and paragraphs at empty lines. */

export function Prose({ text, className = "" }: { text: string; className?: string }) {
  return (
    <div className={`flex flex-col gap-2 ${className}`}>
      {text.split(/\n\s*\n/).map((paragraph) => (
        <p key={paragraph}>
          <Line text={paragraph} />
        </p>
      ))}
    </div>
  );
}

export function Line({ text }: { text: string }) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <Code key={`${index} ${part}`}>{part}</Code> : part));
}

export function Code({ children }: { children: string }) {
  return <code className="rounded bg-hover px-1 font-mono text-[0.92em] break-words">{children}</code>;
}
