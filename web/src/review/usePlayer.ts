/** Plays the legs of a conversation together, on the conversation's own time (seconds from its origin). */
import { onUnmounted, reactive, readonly, ref, watch, type Ref } from "vue";
import type { RecordingInfo } from "@/wire";

interface Track {
  info: RecordingInfo;
  audio: HTMLAudioElement;
}

export interface Player {
  position: Readonly<Ref<number>>;
  playing: Readonly<Ref<boolean>>;
  /** Playing, but a leg that should sound is still loading. */
  waiting: Readonly<Ref<boolean>>;
  /** Roles of whose legs one could not be loaded; the others play on. */
  failed: Readonly<Ref<readonly string[]>>;
  duration: number;
  speed: Ref<number>;
  /** Whether who speaks is heard, by role: a stream that was stopped and began again is several legs. */
  heard: Record<string, boolean>;
  play: () => void;
  pause: () => void;
  toggle: () => void;
  seek: (position: number) => void;
}

const TICK_MS = 40;
/** Legs this many seconds apart are brought together at once; nearer ones by going a little faster or slower. */
const FAR = 0.25;
const STEER = 0.5;
const MOST_STEER = 0.06;
const MORE_TO_COME = HTMLMediaElement.HAVE_FUTURE_DATA;

export function usePlayer(recordings: readonly RecordingInfo[]): Player {
  const tracks = recordings.map((info): Track => ({ info, audio: load(info.url) }));
  const duration = Math.max(0, ...recordings.map((info) => info.offset + info.duration));
  const heard = reactive(Object.fromEntries(recordings.map((info) => [info.role, true])));
  const [position, playing, waiting, speed] = [ref(0), ref(false), ref(false), ref(1)];
  const failed = ref<string[]>([]);
  let last = 0;
  let timer: number | undefined;

  for (const { audio, info } of tracks) audio.addEventListener("error", () => failed.value.push(info.role));

  const place = ({ info }: Track): number => position.value - info.offset;
  /** Tracks that have something to play here. The first one that plays is the clock. */
  const sounding = (): Track[] =>
    tracks.filter((track) => {
      const at = place(track);
      return !track.audio.error && at >= 0 && at < track.info.duration && !track.audio.ended;
    });

  function tick(): void {
    const now = performance.now();
    const here = sounding();
    const clock = here.find(({ audio }) => !audio.paused && !audio.seeking);
    waiting.value = here.some(({ audio }) => audio.seeking || audio.readyState < MORE_TO_COME);
    if (waiting.value) here.forEach(({ audio }) => audio.pause());
    else if (clock) position.value = Math.max(position.value, clock.audio.currentTime + clock.info.offset);
    else position.value += ((now - last) / 1000) * speed.value;
    last = now;
    if (position.value >= duration) {
      position.value = duration;
      pause();
    } else if (!waiting.value) {
      sounding().forEach((track) => follow(track, track === clock));
    }
  }

  function follow(track: Track, clock: boolean): void {
    const { audio, info } = track;
    const ahead = clock ? 0 : audio.currentTime - place(track);
    if (Math.abs(ahead) > FAR * speed.value) audio.currentTime = place(track);
    audio.muted = !heard[info.role];
    audio.playbackRate = speed.value * (1 - Math.max(-MOST_STEER, Math.min(MOST_STEER, ahead * STEER)));
    if (audio.paused) void audio.play().catch(refused);
  }

  /** Pausing while a play request is under way is no failure. */
  function refused(error: unknown): void {
    if (error instanceof DOMException && error.name === "NotAllowedError") pause();
  }

  function play(): void {
    if (playing.value) return;
    if (position.value >= duration) seek(0);
    playing.value = true;
    last = performance.now();
    timer = window.setInterval(tick, TICK_MS);
    tick();
  }

  function pause(): void {
    window.clearInterval(timer);
    playing.value = waiting.value = false;
    tracks.forEach(({ audio }) => audio.pause());
  }

  function seek(to: number): void {
    position.value = Math.min(duration, Math.max(0, to));
    for (const track of tracks) {
      track.audio.currentTime = Math.min(track.info.duration, Math.max(0, place(track)));
    }
  }

  watch(heard, () => tracks.forEach(({ audio, info }) => (audio.muted = !heard[info.role])));
  onUnmounted(() => {
    pause();
    for (const { audio } of tracks) audio.removeAttribute("src");
  });
  const toggle = (): void => (playing.value ? pause() : play());
  return {
    ...{ position: readonly(position), playing: readonly(playing), waiting: readonly(waiting), failed: readonly(failed) },
    ...{ duration, speed, heard, play, pause, toggle, seek },
  };
}

function load(url: string): HTMLAudioElement {
  const audio = new Audio(url);
  audio.preload = "auto";
  audio.preservesPitch = true;
  return audio;
}
