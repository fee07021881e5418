/*
 * The LSTM objective of ADBench in C, from the equations in compiler/std: a weighted input, diagonal LSTM layers, a
 * weighted output, and the loss over the characters of a sequence.
 *
 * usage: objective FILE MILLISECONDS
 * Prints the loss and the median time of one evaluation in milliseconds.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  int layers, characters, bits;
  double *main_params, *extra_params, *initial, *sequence;
} Input;

static double *read_numbers(FILE *file, int count) {
  double *numbers = malloc(sizeof(double) * (size_t)count);
  for (int i = 0; i < count; i++) {
    if (fscanf(file, "%lf", &numbers[i]) != 1) {
      fprintf(stderr, "the file is too short\n");
      exit(1);
    }
  }
  return numbers;
}

static double sigmoid(double v) { return 1 / (1 + exp(-v)); }

/* One step of one layer; x becomes its output. */
static void layer_step(int bits, const double *weights, const double *biases, double *h, double *c, double *x) {
  for (int j = 0; j < bits; j++) {
    double forget = sigmoid(x[j] * weights[j] + biases[j]);
    double in = sigmoid(h[j] * weights[bits + j] + biases[bits + j]);
    double out = sigmoid(x[j] * weights[2 * bits + j] + biases[2 * bits + j]);
    double change = tanh(h[j] * weights[3 * bits + j] + biases[3 * bits + j]);
    c[j] = c[j] * forget + in * change;
    h[j] = out * tanh(c[j]);
    x[j] = h[j];
  }
}

static double objective(const Input *input, double *state, double *x) {
  int bits = input->bits, layers = input->layers, steps = input->characters - 1;
  const double *in_weight = input->extra_params, *out_weight = in_weight + bits, *out_bias = out_weight + bits;
  double total = 0;
  memcpy(state, input->initial, sizeof(double) * (size_t)(2 * layers * bits));
  for (int t = 0; t < steps; t++) {
    const double *now = input->sequence + t * bits, *next = now + bits;
    for (int j = 0; j < bits; j++) x[j] = now[j] * in_weight[j];
    for (int l = 0; l < layers; l++) {
      const double *weights = input->main_params + 8 * l * bits;
      layer_step(bits, weights, weights + 4 * bits, state + 2 * l * bits, state + (2 * l + 1) * bits, x);
    }
    double exponentials = 2;
    for (int j = 0; j < bits; j++) {
      x[j] = x[j] * out_weight[j] + out_bias[j];
      exponentials += exp(x[j]);
    }
    double normaliser = log(exponentials);
    for (int j = 0; j < bits; j++) total += next[j] * (x[j] - normaliser);
  }
  return -total / (steps * bits);
}

static double milliseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

enum { most_samples = 100000 };

int main(int count, char **arguments) {
  FILE *file = count == 3 ? fopen(arguments[1], "r") : NULL;
  Input input;
  if (file == NULL || fscanf(file, "%d %d %d", &input.layers, &input.characters, &input.bits) != 3) {
    fprintf(stderr, "usage: objective FILE MILLISECONDS\n");
    return 2;
  }
  int layers = input.layers, bits = input.bits;
  input.main_params = read_numbers(file, 2 * layers * 4 * bits);
  input.extra_params = read_numbers(file, 3 * bits);
  input.initial = read_numbers(file, 2 * layers * bits);
  input.sequence = read_numbers(file, input.characters * bits);
  fclose(file);

  double *state = malloc(sizeof(double) * (size_t)(2 * layers * bits));
  double *x = malloc(sizeof(double) * (size_t)bits);
  double *samples = malloc(sizeof(double) * most_samples);
  double loss = 0, end = milliseconds_now() + atof(arguments[2]);
  int taken = 0;
  do {
    double start = milliseconds_now();
    loss = objective(&input, state, x);
    samples[taken++] = milliseconds_now() - start;
  } while (milliseconds_now() < end && taken < most_samples);
  qsort(samples, (size_t)taken, sizeof(double), by_size);
  printf("%.17g %.17g\n", loss, samples[taken / 2]);
  return 0;
}
