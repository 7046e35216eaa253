/** Plays the legs of a conversation together, on the conversation's own time (seconds from its origin). */
import { onUnmounted, reactive, readonly, ref, type Ref } from "vue";
import type { RecordingInfo } from "@/wire";

interface Track {
  info: RecordingInfo;
  audio: HTMLAudioElement;
}

export interface Player {
  position: Readonly<Ref<number>>;
  playing: Readonly<Ref<boolean>>;
  duration: number;
  speed: Ref<number>;
  /** Whether a leg is heard, by leg. */
  heard: Record<string, boolean>;
  play: () => void;
  pause: () => void;
  seek: (position: number) => void;
}

const TICK_MS = 50;
/** Legs further apart than this are brought together again. */
const DRIFT = 0.15;

export function usePlayer(recordings: readonly RecordingInfo[]): Player {
  const tracks = recordings.map((info): Track => ({ info, audio: load(info.url) }));
  const duration = Math.max(0, ...recordings.map((info) => info.offset + info.duration));
  const heard = reactive(Object.fromEntries(recordings.map((info) => [info.leg, true])));
  const position = ref(0);
  const playing = ref(false);
  const speed = ref(1);
  let last = 0;
  let timer: number | undefined;

  function follow(track: Track): void {
    const local = position.value - track.info.offset;
    const { audio, info } = track;
    audio.muted = !heard[info.leg];
    audio.playbackRate = speed.value;
    if (!playing.value || local < 0 || local >= info.duration) return audio.pause();
    if (Math.abs(audio.currentTime - local) > DRIFT * speed.value) audio.currentTime = local;
    if (audio.paused) void audio.play().catch(pause);
  }

  /** Time stands still while a leg that should sound is loading. */
  function tick(): void {
    const now = performance.now();
    const loading = tracks.some(({ audio }) => !audio.paused && audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
    if (!loading) position.value = Math.min(duration, position.value + ((now - last) / 1000) * speed.value);
    last = now;
    if (position.value >= duration) pause();
    tracks.forEach(follow);
  }

  function play(): void {
    if (playing.value) return;
    if (position.value >= duration) position.value = 0;
    playing.value = true;
    last = performance.now();
    timer = window.setInterval(tick, TICK_MS);
    tick();
  }

  function pause(): void {
    window.clearInterval(timer);
    playing.value = false;
    tracks.forEach(({ audio }) => audio.pause());
  }

  function seek(to: number): void {
    position.value = Math.min(duration, Math.max(0, to));
    tracks.forEach(({ audio, info }) => (audio.currentTime = Math.min(info.duration, Math.max(0, to - info.offset))));
  }

  onUnmounted(pause);
  return { position: readonly(position), playing: readonly(playing), duration, speed, heard, play, pause, seek };
}

function load(url: string): HTMLAudioElement {
  const audio = new Audio(url);
  audio.preload = "auto";
  return audio;
}
