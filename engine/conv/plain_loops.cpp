// Every pass is out[m, n] = sum over d of left(m, d) * right(d, n):
//
//               m             n                d
//   forward     output pixel  output channel   kernel tap, input channel
//   grad_input  input pixel   input channel    kernel tap, output channel
//   grad_weight output channel  tap, input ch. output pixel
//
// Tiles of the output are shared out to the threads; each is summed in the order of d, by one
// thread, so the result does not depend on the number of threads.
#include <algorithm>
#include <vector>

#include "engine/base/error.h"
#include "engine/conv/conv.h"

namespace engine {
namespace {

using kernels::Acc;

constexpr int kTile = 32;    // rows and columns of out that one thread sums at a time
constexpr int kDepth = 256;  // products summed before they are added to the tile
constexpr int kRows = 8;     // of the innermost block, which lives in registers
template <class A> constexpr int kColumns = int(64 / sizeof(A));

// Consecutive elements of an operand; no data: zeros (padding).
template <class T> struct Piece {
  const T* data;
  int64_t size;
};

// Where the operands' elements lie. Pixels and taps are flattened; a tap is a kernel position.
template <class T> class Geometry {
 public:
  Geometry(const ConvShape& s, const ConvArgs& a)
      : s_(s),
        x_(a.x.as<T>()),
        w_(a.weight.as<T>()),
        y_(a.y.as<T>()),
        oh_(s.out_height()),
        ow_(s.out_width()) {}

  int64_t taps() const { return int64_t(s_.kernel) * s_.kernel; }
  int64_t inputs() const { return int64_t(s_.images) * s_.height * s_.width; }
  int64_t outputs() const { return int64_t(s_.images) * oh_ * ow_; }

  // Channels from `d` (tap, channel) on of the input pixel under `output`.
  Piece<T> x_at(int64_t output, int64_t d) const {
    int64_t tap = d / s_.in_channels, channel = d % s_.in_channels;
    int64_t row = output / ow_ % oh_ * s_.stride - s_.pad.top + tap / s_.kernel;
    int64_t column = output % ow_ * s_.stride - s_.pad.left + tap % s_.kernel;
    int64_t left = s_.in_channels - channel;
    if (row < 0 || row >= s_.height || column < 0 || column >= s_.width) return {nullptr, left};
    int64_t image = output / ow_ / oh_;
    int64_t pixel = (image * s_.height + row) * s_.width + column;
    return {x_ + pixel * s_.in_channels + channel, left};
  }

  // Channels from `d` (tap, channel) on of the output pixel that sees `input` through that tap.
  Piece<T> dy_at(int64_t input, int64_t d) const {
    int64_t tap = d / s_.out_channels, channel = d % s_.out_channels;
    int64_t row = input / s_.width % s_.height + s_.pad.top - tap / s_.kernel;
    int64_t column = input % s_.width + s_.pad.left - tap % s_.kernel;
    int64_t left = s_.out_channels - channel;
    if (row < 0 || column < 0 || row % s_.stride || column % s_.stride) return {nullptr, left};
    row /= s_.stride, column /= s_.stride;
    if (row >= oh_ || column >= ow_) return {nullptr, left};
    int64_t image = input / s_.width / s_.height;
    return {y_ + ((image * oh_ + row) * ow_ + column) * s_.out_channels + channel, left};
  }

  Piece<T> weights_of(int64_t output_channel, int64_t d) const {
    int64_t depth = taps() * s_.in_channels;
    return {w_ + output_channel * depth + d, depth - d};
  }

  // Input channels from `channel` on, for `d` (tap, output channel).
  Piece<T> weights_into(int64_t channel, int64_t d) const {
    int64_t tap = d / s_.out_channels, output_channel = d % s_.out_channels;
    return {w_ + (output_channel * taps() + tap) * s_.in_channels + channel,
            s_.in_channels - channel};
  }

  Piece<T> dy_of(int64_t channel, int64_t output) const {
    return {y_ + output * s_.out_channels + channel, s_.out_channels - channel};
  }

 private:
  const ConvShape& s_;
  const T *x_, *w_, *y_;
  int64_t oh_, ow_;
};

// Lines [line, line + lines) by depths [depth, depth + depths) of an operand; at most kTile,
// kDepth.
struct Part {
  int64_t line, depth;
  int lines, depths;
};

// Panels of `kWidth` lines, [depths][kWidth] each. Elements of a line are neighbours in memory.
template <int kWidth, class T, class At> void pack_along_depth(const Part& p, Acc<T>* to, At at) {
  for (int line = 0; line < kTile; ++line) {
    Acc<T>* panel = to + int64_t(line / kWidth) * p.depths * kWidth + line % kWidth;
    for (int d = 0; d < p.depths;) {
      Piece<T> piece =
          line < p.lines ? at(p.line + line, p.depth + d) : Piece<T>{nullptr, p.depths};
      int end = int(std::min<int64_t>(p.depths, d + piece.size));
      for (int i = d; i < end; ++i)
        panel[i * kWidth] = piece.data ? Acc<T>(piece.data[i - d]) : Acc<T>(0);
      d = end;
    }
  }
}

// The same where elements of one depth are neighbours in memory.
template <int kWidth, class T, class At> void pack_along_lines(const Part& p, Acc<T>* to, At at) {
  for (int d = 0; d < p.depths; ++d) {
    for (int line = 0; line < kTile;) {
      Piece<T> piece = line < p.lines ? at(p.line + line, p.depth + d) : Piece<T>{nullptr, kTile};
      int last = line < p.lines ? p.lines : kTile;
      int end = int(std::min<int64_t>({last, line + piece.size, line / kWidth * kWidth + kWidth}));
      Acc<T>* panel = to + (int64_t(line / kWidth) * p.depths + d) * kWidth + line % kWidth;
      for (int i = 0; i < end - line; ++i)
        panel[i] = piece.data ? Acc<T>(piece.data[i]) : Acc<T>(0);
      line = end;
    }
  }
}

// tile += left * right, for one panel of each.
template <class A> void multiply(const A* left, const A* right, int depths, A* tile) {
  constexpr int kWidth = kColumns<A>;
  A sum[kRows][kWidth] = {};
  for (int d = 0; d < depths; ++d)
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i)
#pragma omp simd
      for (int j = 0; j < kWidth; ++j) sum[i][j] += left[d * kRows + i] * right[d * kWidth + j];
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kWidth; ++j) tile[i * kTile + j] += sum[i][j];
}

struct Size {
  int64_t rows, columns, depth;
};

// pack_left and pack_right fill panels from a Part; finish(row, column, columns, sums) takes
// results.
template <class T, class Left, class Right, class Finish>
void sum_products(const Size& size, Left pack_left, Right pack_right, Finish finish) {
  using A = Acc<T>;
  int64_t across = (size.columns + kTile - 1) / kTile, down = (size.rows + kTile - 1) / kTile;
#pragma omp parallel
  {
    std::vector<A> left(kTile * kDepth), right(kTile * kDepth), tile(kTile * kTile);
#pragma omp for schedule(static)
    for (int64_t t = 0; t < down * across; ++t) {
      int64_t row = t / across * kTile, column = t % across * kTile;
      int rows = int(std::min<int64_t>(kTile, size.rows - row));
      int columns = int(std::min<int64_t>(kTile, size.columns - column));
      std::fill(tile.begin(), tile.end(), A(0));
      for (int64_t d = 0; d < size.depth; d += kDepth) {
        int depths = int(std::min<int64_t>(kDepth, size.depth - d));
        pack_left(Part{row, d, rows, depths}, left.data());
        pack_right(Part{column, d, columns, depths}, right.data());
        for (int i = 0; i < rows; i += kRows)
          for (int j = 0; j < columns; j += kColumns<A>)
            multiply(left.data() + i * depths, right.data() + j * depths, depths,
                     tile.data() + i * kTile + j);
      }
      for (int i = 0; i < rows; ++i) finish(row + i, column, columns, tile.data() + i * kTile);
    }
  }
}

template <class T> void forward(const ConvShape& s, const ConvArgs& a) {
  constexpr int kWidth = kColumns<Acc<T>>;
  Geometry<T> g(s, a);
  auto left = [&](const Part& p, Acc<T>* to) {
    pack_along_depth<kRows, T>(p, to, [&](int64_t m, int64_t d) { return g.x_at(m, d); });
  };
  auto right = [&](const Part& p, Acc<T>* to) {
    pack_along_depth<kWidth, T>(p, to, [&](int64_t n, int64_t d) { return g.weights_of(n, d); });
  };
  auto finish = [&](int64_t row, int64_t column, int columns, const Acc<T>* sums) {
    int64_t at = row * s.out_channels + column;
    for (int j = 0; j < columns; ++j) {
      Acc<T> v = sums[j];
      if (s.forward.bias) v += a.bias.as<Acc<T>>()[column + j];
      if (s.forward.residual) v += Acc<T>(a.residual.as<T>()[at + j]);
      a.y.as<T>()[at + j] = T(kernels::activate(s.forward.activation, v));
    }
  };
  sum_products<T>({g.outputs(), s.out_channels, g.taps() * s.in_channels}, left, right, finish);
}

template <class T> void grad_input(const ConvShape& s, const ConvArgs& a) {
  constexpr int kWidth = kColumns<Acc<T>>;
  const GradInputFusion& fusion = s.grad_input;
  Geometry<T> g(s, a);
  auto left = [&](const Part& p, Acc<T>* to) {
    pack_along_depth<kRows, T>(p, to, [&](int64_t m, int64_t d) { return g.dy_at(m, d); });
  };
  auto right = [&](const Part& p, Acc<T>* to) {
    pack_along_lines<kWidth, T>(p, to, [&](int64_t n, int64_t d) { return g.weights_into(n, d); });
  };
  auto finish = [&](int64_t row, int64_t column, int columns, const Acc<T>* sums) {
    const int64_t at = row * s.in_channels + column;
    T* dx = a.x.as<T>() + at;
    for (int j = 0; j < columns; ++j) {
      Acc<T> v = sums[j];
      if (fusion.accumulate) v += Acc<T>(dx[j]);
      bool passes = fusion.mask == Activation::none ||
                    kernels::activation_slope(fusion.mask, Acc<T>(a.saved.as<T>()[at + j])) != 0;
      dx[j] = T(passes ? v : Acc<T>(0));
    }
  };
  sum_products<T>({g.inputs(), s.in_channels, g.taps() * s.out_channels}, left, right, finish);
}

template <class T> void grad_weight(const ConvShape& s, const ConvArgs& a) {
  constexpr int kWidth = kColumns<Acc<T>>;
  Geometry<T> g(s, a);
  int64_t columns_of_weight = g.taps() * s.in_channels;
  auto left = [&](const Part& p, Acc<T>* to) {
    pack_along_lines<kRows, T>(p, to, [&](int64_t m, int64_t d) { return g.dy_of(m, d); });
  };
  auto right = [&](const Part& p, Acc<T>* to) {
    pack_along_lines<kWidth, T>(p, to, [&](int64_t n, int64_t d) { return g.x_at(d, n); });
  };
  auto finish = [&](int64_t row, int64_t column, int columns, const Acc<T>* sums) {
    auto store = [&](auto* dw) {
      using To = std::remove_pointer_t<decltype(dw)>;
      for (int j = 0; j < columns; ++j)
        dw[j] = To(s.grad_weight.accumulate ? Acc<T>(dw[j]) + sums[j] : sums[j]);
    };
    const int64_t at = row * columns_of_weight + column;
    s.grad_weight.narrow_dw ? store(a.weight.as<T>() + at) : store(a.weight.as<Acc<T>>() + at);
  };
  sum_products<T>({s.out_channels, columns_of_weight, g.outputs()}, left, right, finish);
}

// Sums over all pixels of y and y * y, as they were written; added up in double.
template <class T> void sum_pixels(View y, View sum, View sum_of_squares) {
  const int64_t channels = y.shape[3], pixels = y.shape.size() / std::max<int64_t>(channels, 1);
#pragma omp parallel for schedule(static)
  for (int64_t c = 0; c < channels; ++c) {
    double total = 0, squares = 0;
    for (int64_t i = c; i < pixels * channels; i += channels) {
      const double value = double(Acc<T>(y.as<T>()[i]));
      total += value;
      squares += value * value;
    }
    sum.as<Acc<T>>()[c] = Acc<T>(total);
    sum_of_squares.as<Acc<T>>()[c] = Acc<T>(squares);
  }
}

// The channel gradients of dx as it was written; added up in double.
template <class T> void channel_grads(const ConvShape& s, const ConvArgs& a) {
  const int64_t channels = s.in_channels, values = a.x.shape.size();
#pragma omp parallel for schedule(static)
  for (int64_t c = 0; c < channels; ++c) {
    double dbeta = 0, products = 0;
    for (int64_t i = c; i < values; i += channels) {
      const double dx = double(Acc<T>(a.x.as<T>()[i]));
      dbeta += dx;
      if (a.dgamma)
        products += dx * (double(Acc<T>(a.normalised_x.as<T>()[i])) - a.mean.as<Acc<T>>()[c]);
    }
    a.dbeta.as<Acc<T>>()[c] = Acc<T>(dbeta);
    if (a.dgamma) a.dgamma.as<Acc<T>>()[c] = Acc<T>(products * a.inv_std.as<Acc<T>>()[c]);
  }
}

// Runs on any CPU, with any dtype.
class PlainLoops : public ConvPlan {
 public:
  explicit PlainLoops(const ConvShape& shape) : shape_(shape) {}

  size_t workspace() const override { return 0; }

  void run(kernels::Queue, const ConvArgs& a) override {
    kernels::dispatch(shape_.dtype, [&]<class T>() {
      if (shape_.pass == ConvPass::forward) forward<T>(shape_, a);
      if (shape_.pass == ConvPass::grad_input) grad_input<T>(shape_, a);
      if (shape_.pass == ConvPass::grad_weight) grad_weight<T>(shape_, a);
      if (shape_.forward.statistics) sum_pixels<T>(a.y, a.sum, a.sum_of_squares);
      if (shape_.grad_input.channel_grads != ChannelGrads::none) channel_grads<T>(shape_, a);
    });
  }

 private:
  ConvShape shape_;
};

}  // namespace

std::unique_ptr<ConvPlan> make_plain_loops(const ConvShape& shape) {
  return std::make_unique<PlainLoops>(shape);
}

}  // namespace engine
