/**
 * At most one drawing per animation frame, however much has happened since.
 *
 * @param {() => void} draw
 * @returns {() => void} ask for a drawing
 */
export function oncePerFrame(draw) {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      draw();
    });
  };
}
