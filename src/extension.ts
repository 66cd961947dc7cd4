// Composition root of the editor. Built out by the sidebar's first landing.
export function activate(): void {}
