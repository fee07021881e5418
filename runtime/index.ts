/**
 * recell/runtime: everything around compiled modules. It knows them by their manifest only and never needs the
 * compiler.
 */

// Loading.
export { asModule, loadModule, type ModuleAddress, type ModuleNamespace } from "./module/load-js.js";
export { checkManifest } from "./module/check-manifest.js";
export { embedParams } from "./module/embed-params.js";
export type {
  CallGradient,
  GradientRows,
  SparseRecord,
  LossGradient,
  LossOfBatch,
  CallResult,
  CallValues,
  CompiledModule,
  FloatArray,
  InstantiateOptions,
  KernelVariant,
  ModuleInstance,
  PartInstance,
  TensorRecord,
} from "./module/compiled-module.js";
export type {
  AxisEntry,
  ConditionEntry,
  ContextEntry,
  CutEntry,
  DrawEntry,
  DrawnInitializer,
  Initializer,
  InputEntry,
  Manifest,
  ParamEntry,
  RandomEntry,
  SegmentsEntry,
  SettingEntry,
  SizeEntry,
  SizeTerm,
  StateEntry,
  TensorEntry,
} from "./module/manifest.js";

// Running.
export {
  runSequence,
  type ForwardRunner,
  type RunSequenceOptions,
  type SequenceResult,
} from "./sequence/run-sequence.js";

export { openSegments, type Segments, type SegmentsOptions } from "./sequence/segments.js";
export type { SegmentsGradient, SegmentsGradientOptions } from "./sequence/segmented-call.js";

export { openPool, type Pool, type PoolGradient, type PoolGradientOptions, type PoolOptions } from "./pool/pool.js";
export type { LostWorker, PoolKind } from "./pool/crew.js";

export { openStreams, type StreamsOptions } from "./streams/open-streams.js";
export type { OpenOptions, RestoreOptions, Streams, StreamStepOptions } from "./streams/stream-types.js";
export { serve } from "./streams/serve.js";
export type { AbortingSignal, ServedInput, ServedOutput, ServeOptions } from "./streams/serve-types.js";
export { streamTransform, type StreamTransformOptions } from "./streams/stream-transform.js";
export type { StreamPair } from "./pool/host.js";
export { generate, type GenerateOptions } from "./decoding/generate.js";
export { beam, type Beam, type BeamOptions } from "./decoding/beam.js";
export type { DecodedStream, DecodingOptions } from "./decoding/decoded-stream.js";

// Training.
export { sgd, type SgdOptions } from "./training/optimizers/sgd.js";
export { adam, adamw, nadam, type AdamOptions, type NadamOptions } from "./training/optimizers/adam.js";
export { rmsprop, type RmspropOptions } from "./training/optimizers/rmsprop.js";
export { adagrad, type AdagradOptions } from "./training/optimizers/adagrad.js";
export { lion, type LionOptions } from "./training/optimizers/lion.js";
export type { Optimizer, OptimizerState, StepOptions, TrainedInstance } from "./training/optimizers/optimizer-types.js";
export type { GroupOptions } from "./training/optimizers/groups.js";
export {
  constant,
  cosine,
  oneCycle,
  plateau,
  stepDecay,
  type CosineOptions,
  type LearningRate,
  type OneCycleOptions,
  type PlateauOptions,
  type Schedule,
  type StepDecayOptions,
} from "./training/optimizers/schedule.js";
export { train, type Training } from "./training/train/train.js";
export type {
  CheckpointEvent,
  EndEvent,
  ResumedEvent,
  SkippedEvent,
  TrainEvent,
  TrainSummary,
  UpdateEvent,
  ValidationEvent,
  WorkerLostEvent,
} from "./training/train/events.js";
export type { ThreadsOption } from "./training/train/threads.js";
export type { FlowAlong } from "./training/train/flow.js";
export type { TruncateOptions } from "./training/train/chunks.js";
export type { TrainSettings } from "./training/train/settings.js";
export type { ClipOptions, HistoryLog, TrainOptions, ValidationOptions } from "./training/train/options.js";
export {
  checkpoints,
  type CheckpointOptions,
  type Checkpoints,
  type CheckpointStore,
} from "./training/checkpoint/store.js";
export { csv, jsonLines, type CsvOptions } from "./training/data/table.js";
export {
  seriesOf,
  splitByTime,
  windows,
  type TimeSeries,
  type SeriesColumn,
  type WindowOptions,
} from "./training/data/series.js";
export {
  loadVocabulary,
  text,
  type TextOptions,
  type TextSource,
  type TextUnit,
  type Vocabulary,
} from "./training/data/text.js";
export { iterate, type ExampleStream, type IterateOptions } from "./training/data/iterate.js";
export { splitByGroup, type SplitByGroupOptions } from "./training/data/split-by-group.js";
export { arrays, type Columns, type DataSource, type Example } from "./training/data/source.js";
export { clipByGlobalNorm } from "./training/optimizers/clip-by-global-norm.js";
export { createRandom, type Random } from "./base/random.js";

// Files.
export { loadParams, readParams, saveParams, type LoadParamsOptions } from "./io/params.js";
export { loadWeights, type LoadWeightsOptions, type WeightsReport } from "./training/checkpoint/load-weights.js";
export { readSafetensors, writeSafetensors, type SafeTensor, type SafetensorsFile } from "./io/safetensors.js";
export type { FileBytes } from "./io/bytes.js";
export type { SafetensorsDtype } from "./io/element-types.js";
export { fromNumbers, toNumbers } from "./io/tensor-numbers.js";
export {
  convertWeights,
  type ConvertedLayer,
  type ConvertedWeights,
  type ConvertWeightsOptions,
} from "./io/layouts/convert-weights.js";
export type { GruVariant } from "./io/layouts/find-layers.js";
export type { LayerKind, WeightsLayout } from "./io/layouts/layers.js";
export { readNpy, writeNpy, type ArrayNumbers, type NpyArray } from "./io/arrays/npy.js";
export { readNpz, writeNpz, type ReadNpzOptions } from "./io/arrays/npz.js";
export { readWav, writeWav, type StoredWavSound, type WavSound } from "./io/arrays/wav.js";
export type { WavFormat } from "./io/arrays/wav-header.js";

// Errors.
export { ArrayFileError, type ArrayFileErrorCode } from "./io/arrays/array-file-error.js";
export {
  CallRangeError,
  CallTypeError,
  type CallErrorCode,
  CheckpointError,
  type CheckpointErrorCode,
  SourceError,
  ModuleError,
  ParamsError,
  ReplayError,
  SafetensorsError,
  SnapshotError,
  TrainingError,
  type SourceErrorCode,
  type ModuleErrorCode,
  type ParamsErrorCode,
  type ReplayErrorCode,
  type SafetensorsErrorCode,
  type SnapshotErrorCode,
  type TrainingErrorCode,
} from "./base/errors.js";
