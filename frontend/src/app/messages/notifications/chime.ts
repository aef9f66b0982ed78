const NOTES_HZ = [880, 1174.7];
const NOTE_SECONDS = 0.12;
const VOLUME = 0.15;
const LONGEST_MS = 1_000;

/** Two short notes. Silent where the browser does not let the page make a sound: before the user has done anything there. */
export function playChime(): void {
  if (!navigator.userActivation.hasBeenActive) return;
  const audio = new AudioContext();
  const volume = audio.createGain();
  volume.connect(audio.destination);
  for (const [index, frequency] of NOTES_HZ.entries()) {
    const note = audio.createOscillator();
    const beginsAt = audio.currentTime + index * NOTE_SECONDS;
    note.frequency.value = frequency;
    note.connect(volume);
    note.start(beginsAt);
    note.stop(beginsAt + NOTE_SECONDS);
  }
  const endsAt = audio.currentTime + NOTES_HZ.length * NOTE_SECONDS;
  volume.gain.setValueAtTime(VOLUME, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, endsAt);
  setTimeout(() => void audio.close(), LONGEST_MS);
}
