"""Every setting of the service. Environment variables carry the prefix `TICI_`."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once from the environment (and an optional `.env` file) by `create_app` or a command."""

    model_config = SettingsConfigDict(env_prefix="TICI_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address the server listens on. Loopback unless told otherwise.")
    port: int = Field(8600, ge=0, le=65535, description="Port the server listens on; 0 picks a free one.")
    data_dir: Path = Field(Path("data"), description="Where the database, spool and recordings live.")
    models_dir: Path = Field(Path("models"), description="Where fetched weights and trained models live.")
    models_source: Path | None = Field(
        None,
        description="Folder with weights, or their archives, that `tici models fetch` uses instead of the network.",
    )
    web_dir: Path = Field(Path("web/dist"), description="The built web pages.")
    prompts_dir: Path | None = Field(
        None,
        description="Folder with recordings (WAV, FLAC) of announcements and hold music of one's own, 3 s or longer: "
        "where a leg plays one of them, nobody is taken to speak. Empty: known are those that a call repeats.",
    )
    packs_dir: Path = Field(Path("kb/packs"), description="Seed knowledge packs.")
    database_url: str = Field(
        "", description="SQLAlchemy async URL. Empty: SQLite in `data_dir`. PostgreSQL: `postgresql+asyncpg://…`."
    )
    secret: SecretStr = Field(
        SecretStr(""),
        description="Key that signs chat links and resume tokens. Empty: made at first start, kept in `data_dir`.",
    )
    demo: bool = Field(False, description="Demo mode: demo logins, the demo page and its replay button.")
    allowed_origins: list[str] = Field(
        default_factory=list,
        description="Origins, besides the server's own address, whose pages may use the API (JSON list).",
    )
    allowed_hosts: list[str] = Field(
        default_factory=list,
        description="Host names, besides `localhost`, `host` and those of `allowed_origins`, under which this node is "
        'called (JSON list, such as `["tici.bank.example"]`). IP addresses always work; a browser that calls by '
        "another name is refused, since any name can be made to point here. `*`: every name.",
    )
    login_attempts: int = Field(5, ge=1, description="Wrong passwords in a row after which a login is locked.")
    lockout_seconds: float = Field(900.0, gt=0, description="Seconds that a login is locked after that.")
    session_hours: float = Field(12.0, gt=0, description="Hours until an agent must log in again.")
    bank_name: str = Field("晨星银行", description="The name that customers see on the chat page.")
    chat_link_hours: float = Field(24.0, gt=0, description="Hours until a customer's chat link expires.")

    asr_model_zh: str = Field(
        "vosk-small-zh", description="Mandarin Vosk model: a folder name in `models_dir`, or a path."
    )
    asr_model_en: str = Field(
        "vosk-small-en", description="English Vosk model: a folder name in `models_dir`, or a path."
    )
    asr_languages: list[str] = Field(
        default_factory=lambda: ["zh", "en"], description="Languages whose recognisers are loaded at start (JSON list)."
    )
    asr_threads: int = Field(0, ge=0, description="Threads that decode speech. 0: one per CPU core.")
    asr_warm: int = Field(2, ge=0, description="Recognisers made and warmed per language at start.")
    end_silence: Annotated[float, Field(gt=0.1, le=3.0)] = Field(
        0.45, description="Seconds of silence that end an utterance."
    )
    interim_interval: float = Field(
        0.2, gt=0.02, description="Seconds of audio between interim transcripts of one leg."
    )
    vosk_networks: list[IPvAnyNetwork] = Field(
        default_factory=lambda: [ip_network("127.0.0.0/8"), ip_network("::1/128")],
        description="Networks from which `/v1/vosk` needs no key, since its protocol has no place for one (JSON list). "
        "Behind a proxy on this machine everyone seems to call from here: set it to `[]` then.",
    )
    connectors: Path | None = Field(
        None,
        description="File (TOML) that says which phone systems are connected, see `docs/connect/README.md`. "
        "Empty: none.",
    )
    decode_load: float = Field(
        0.65,
        ge=0,
        le=1,
        description="Share of the decoding threads' time up to which calls are admitted, by what this node's calls are "
        "measured to cost; the rest is for bursts. 0: nothing is measured, only `max_calls` counts.",
    )
    max_calls: int = Field(
        0, ge=0, description="Calls that this node carries at most, whatever is measured; 0: as many as it can."
    )
    max_lead: float = Field(
        10.0, gt=0, description="Seconds of audio one leg may be ahead of decoding before its sender is held back."
    )
    max_frame_bytes: int = Field(65536, ge=1024, description="Largest message accepted on an audio socket, in bytes.")
    idle_timeout: float = Field(
        60.0,
        gt=0,
        description="Seconds without any audio after which an audio socket is closed. Where a phone system has begun a "
        "call on a WebSocket, which may be on hold, pings tell whether it is still there.",
    )
    stall_seconds: float = Field(
        2.0, gt=0.5, description="Seconds without audio on an open socket after which the open utterance is closed."
    )
    resume_seconds: float = Field(
        60.0, gt=0, description="Seconds that a call waits for a lost sender before its stream is taken as ended."
    )
    drain_seconds: float = Field(
        5.0,
        ge=0,
        description="Seconds for which a node that is told to stop waits until nobody is in mid-sentence before it "
        "sends its calls' senders away; it takes no new calls meanwhile. As long again, at most, for what was heard "
        "to be decoded and stored.",
    )
    ack_interval: float = Field(0.25, gt=0, description="Seconds between durable acknowledgements of one leg's audio.")

    encoder_zh: str = Field(
        "bge-small-zh-tici", description="Chinese text encoder: a folder name in `models_dir`, or a path."
    )
    encoder_en: str = Field(
        "all-minilm-l6-v2",
        description="English text encoder: a folder name in `models_dir`, or a path. Empty: English calls are "
        "transcribed and get no suggestions.",
    )
    intent_model_zh: str = Field(
        "intent-zh", description="Trained Chinese intent model: a folder in `models_dir`, or a path."
    )
    intent_model_en: str = Field(
        "intent-en", description="Trained English intent model: a folder in `models_dir`, or a path."
    )
    max_cards: int = Field(3, ge=1, le=3, description="Most cards shown for one thing the customer said.")
    card_seconds: float = Field(90.0, gt=0, description="Seconds until an unused card expires.")
    cool_down: float = Field(
        60.0,
        ge=0,
        description="Seconds in which an article that was just used, sent or dismissed is not suggested again.",
    )
    spoken_similarity: float = Field(
        0.4, gt=0, le=1, description="How alike the agent's words and a shown reply must be to count as spoken."
    )

    metrics_networks: list[IPvAnyNetwork] = Field(
        default_factory=lambda: [ip_network("127.0.0.0/8"), ip_network("::1/128")],
        description="Networks from which `/metrics` needs no key (JSON list); from elsewhere it wants a key with the "
        "scope `metrics`. Behind a proxy on this machine everyone seems to call from here: set it to `[]` then.",
    )
    disk_reserve_mb: int = Field(
        500, ge=0, description="Megabytes of free disk below which `/readyz` says that no more calls should come here."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How the log is written: lines for people, or one JSON object per line for machines."
    )
    otel_endpoint: str = Field(
        "",
        description="Where OpenTelemetry traces go, over OTLP/HTTP, such as `http://127.0.0.1:4318/v1/traces`; needs "
        "`pip install 'tici[otel]'`. Empty: no traces.",
    )

    sweep_hours: float = Field(
        1.0, gt=0, description="Hours between two looks for what the retention rules want deleted; one is at start."
    )

    webhook_timeout: float = Field(5.0, gt=0, description="Seconds a delivery webhook may take.")
    delivery_attempts: int = Field(5, ge=1, description="Attempts before a message counts as failed.")
    chat_delivery_seconds: float = Field(
        30.0, gt=0, description="Seconds a chat message waits for the customer's page before it counts as failed."
    )

    def resolved_database_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'tici.db').as_posix()}"

    def manifest_path(self) -> Path:
        """The manifest of weights: in `models_dir`, else the one that came with the source."""
        own = self.models_dir / "manifest.toml"
        return own if own.exists() else Path(__file__).resolve().parent.parent / "models" / "manifest.toml"

    def speech_model(self, language: str) -> Path | None:
        """Folder of the language's Vosk model; None for a language that the settings do not know."""
        return self._of_language(language, zh=self.asr_model_zh, en=self.asr_model_en)

    def encoder(self, language: str) -> Path | None:
        """Folder of the language's text encoder; None where there is none."""
        return self._of_language(language, zh=self.encoder_zh, en=self.encoder_en)

    def intent_model(self, language: str) -> Path | None:
        """Folder of the language's trained intent model; it may not be there yet."""
        return self._of_language(language, zh=self.intent_model_zh, en=self.intent_model_en)

    def _of_language(self, language: str, **names: str) -> Path | None:
        name = names.get(language)
        return self.model_path(name) if name else None

    def model_path(self, name: str) -> Path:
        """Folder of a model given by name (inside `models_dir`) or by path."""
        path = Path(name)
        return path if path.is_absolute() or len(path.parts) > 1 else self.models_dir / name
