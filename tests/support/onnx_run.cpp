#include "tests/support/onnx_run.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

namespace tests {
namespace {

using Shape = std::vector<int64_t>;
using Inputs = std::vector<OnnxTensor>;

int64_t size_of(const Shape& shape) {
  int64_t size = 1;
  for (int64_t axis : shape) size *= axis;
  return size;
}

OnnxTensor empty(const Shape& shape) {
  return {shape, std::vector<double>(size_t(size_of(shape)))};
}

// The coordinates of an element, and back.
Shape position(int64_t index, const Shape& shape) {
  Shape at(shape.size());
  for (size_t axis = shape.size(); axis-- > 0; index /= shape[axis]) at[axis] = index % shape[axis];
  return at;
}
int64_t offset(const Shape& at, const Shape& shape) {
  int64_t index = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) index = index * shape[axis] + at[axis];
  return index;
}

// out[at] = in[from(at)] for every position of the result.
OnnxTensor pick(const Shape& shape, const OnnxTensor& in, const std::function<Shape(Shape)>& from) {
  OnnxTensor out = empty(shape);
  for (int64_t i = 0; i < size_of(shape); ++i)
    out.values[size_t(i)] = in.values[size_t(offset(from(position(i, shape)), in.shape))];
  return out;
}

template <class F> OnnxTensor each(OnnxTensor x, F f) {
  for (double& value : x.values) value = f(value);
  return x;
}

template <class F> OnnxTensor broadcast(const OnnxTensor& a, const OnnxTensor& b, F f) {
  const size_t rank = std::max(a.shape.size(), b.shape.size());
  const auto padded = [&](const OnnxTensor& t) {
    OnnxTensor wide = t;
    wide.shape.insert(wide.shape.begin(), rank - t.shape.size(), 1);
    return wide;
  };
  const OnnxTensor x = padded(a), y = padded(b);
  Shape shape(rank);
  for (size_t i = 0; i < rank; ++i) shape[i] = std::max(x.shape[i], y.shape[i]);
  const auto value = [&](const OnnxTensor& t, Shape at) {
    for (size_t i = 0; i < rank; ++i) at[i] = t.shape[i] == 1 ? 0 : at[i];
    return t.values[size_t(offset(at, t.shape))];
  };
  OnnxTensor out = empty(shape);
  for (int64_t i = 0; i < size_of(shape); ++i) {
    const Shape at = position(i, shape);
    out.values[size_t(i)] = f(value(x, at), value(y, at));
  }
  return out;
}

struct Window {  // of a convolution or pooling
  int64_t kernel, stride, top, left, rows, columns;

  Window(const OnnxNode& n, const Shape& in)
      : kernel(n.integers.at("kernel_shape")[0]),
        stride(n.integers.at("strides")[0]),
        top(n.integers.at("pads")[0]),
        left(n.integers.at("pads")[1]),
        rows((in[2] + top + n.integers.at("pads")[2] - kernel) / stride + 1),
        columns((in[3] + left + n.integers.at("pads")[3] - kernel) / stride + 1) {}

  // f(row, column, row in the kernel, column in the kernel) for what lies inside the input.
  template <class F> void visit(int64_t y, int64_t x, const Shape& in, F f) const {
    for (int64_t i = 0; i < kernel; ++i)
      for (int64_t j = 0; j < kernel; ++j) {
        const int64_t row = y * stride - top + i, column = x * stride - left + j;
        if (row >= 0 && row < in[2] && column >= 0 && column < in[3]) f(row, column, i, j);
      }
  }
};

OnnxTensor conv(const OnnxNode& n, const Inputs& in) {
  const OnnxTensor &x = in[0], &weight = in[1];
  const Window window(n, x.shape);
  OnnxTensor y = empty({x.shape[0], weight.shape[0], window.rows, window.columns});
  for (int64_t i = 0; i < size_of(y.shape); ++i) {
    const Shape at = position(i, y.shape);
    double sum = in.size() > 2 ? in[2].values[size_t(at[1])] : 0;
    window.visit(at[2], at[3], x.shape, [&](int64_t row, int64_t column, int64_t a, int64_t b) {
      for (int64_t c = 0; c < x.shape[1]; ++c)
        sum += x.values[size_t(offset({at[0], c, row, column}, x.shape))] *
               weight.values[size_t(offset({at[1], c, a, b}, weight.shape))];
    });
    y.values[size_t(i)] = sum;
  }
  return y;
}

OnnxTensor max_pool(const OnnxNode& n, const OnnxTensor& x) {
  const Window window(n, x.shape);
  OnnxTensor y = empty({x.shape[0], x.shape[1], window.rows, window.columns});
  for (int64_t i = 0; i < size_of(y.shape); ++i) {
    const Shape at = position(i, y.shape);
    double& most = y.values[size_t(i)] = -std::numeric_limits<double>::infinity();
    window.visit(at[2], at[3], x.shape, [&](int64_t row, int64_t column, int64_t, int64_t) {
      most = std::max(most, x.values[size_t(offset({at[0], at[1], row, column}, x.shape))]);
    });
  }
  return y;
}

// Asymmetric coordinates: an output pixel at i reads position i * in / out.
OnnxTensor resize(const OnnxNode& n, const Inputs& in) {
  const OnnxTensor& x = in[0];
  Shape shape = x.shape;
  const bool by_size = in.size() > 3;
  for (size_t axis = 0; axis < 4; ++axis)
    shape[axis] =
        by_size ? int64_t(in[3].values[axis]) : int64_t(double(x.shape[axis]) * in[2].values[axis]);
  const bool linear = n.texts.at("mode") == "linear";
  if (n.texts.at("coordinate_transformation_mode") != "asymmetric")
    throw std::runtime_error("other coordinates");
  OnnxTensor y = empty(shape);
  for (int64_t i = 0; i < size_of(shape); ++i) {
    const Shape at = position(i, shape);
    const auto tap = [&](size_t axis, int64_t& low, int64_t& high) {
      const double where = double(at[axis]) * double(x.shape[axis]) / double(shape[axis]);
      low = int64_t(where), high = std::min(low + 1, x.shape[axis] - 1);
      return linear ? where - double(low) : 0.0;
    };
    int64_t top, bottom, left, right;
    const double down = tap(2, top, bottom), across = tap(3, left, right);
    const auto value = [&](int64_t row, int64_t column) {
      return x.values[size_t(offset({at[0], at[1], row, column}, x.shape))];
    };
    const auto between = [&](int64_t row) {
      return value(row, left) * (1 - across) + value(row, right) * across;
    };
    y.values[size_t(i)] = between(top) * (1 - down) + between(bottom) * down;
  }
  return y;
}

OnnxTensor transpose(const OnnxNode& n, const OnnxTensor& x) {
  const Shape& order = n.integers.at("perm");
  Shape shape;
  for (int64_t axis : order) shape.push_back(x.shape[size_t(axis)]);
  return pick(shape, x, [&](const Shape& at) {
    Shape from(at.size());
    for (size_t i = 0; i < at.size(); ++i) from[size_t(order[i])] = at[i];
    return from;
  });
}

OnnxTensor concat(const OnnxNode& n, const Inputs& in) {
  const int64_t rank = int64_t(in[0].shape.size());
  const size_t axis = size_t((n.integers.at("axis")[0] + rank) % rank);
  Shape shape = in[0].shape;
  shape[axis] = 0;
  for (const OnnxTensor& part : in) shape[axis] += part.shape[axis];
  OnnxTensor out = empty(shape);
  int64_t begin = 0;
  for (const OnnxTensor& part : in) {
    for (int64_t i = 0; i < size_of(part.shape); ++i) {
      Shape at = position(i, part.shape);
      at[axis] += begin;
      out.values[size_t(offset(at, shape))] = part.values[size_t(i)];
    }
    begin += part.shape[axis];
  }
  return out;
}

OnnxTensor reshape(OnnxTensor x, const OnnxTensor& wanted) {
  Shape shape;
  int64_t known = 1;
  for (size_t i = 0; i < wanted.values.size(); ++i) {
    const int64_t axis = int64_t(wanted.values[i]);
    shape.push_back(axis == 0 ? x.shape[i] : axis);
    if (shape.back() > 0) known *= shape.back();
  }
  for (int64_t& axis : shape)
    if (axis < 0) axis = size_of(x.shape) / known;
  x.shape = shape;
  return x;
}

OnnxTensor slice(const Inputs& in) {
  const int64_t rank = int64_t(in[0].shape.size());
  const size_t axis = size_t((int64_t(in[3].values[0]) + rank) % rank);
  const int64_t begin = int64_t(in[1].values[0]), end = int64_t(in[2].values[0]);
  Shape shape = in[0].shape;
  shape[axis] = end - begin;
  return pick(shape, in[0], [&](Shape at) {
    at[axis] += begin;
    return at;
  });
}

OnnxTensor run_node(const OnnxNode& n, const Inputs& in) {
  const std::string& op = n.op;
  if (op == "Cast") return in[0];
  if (op == "Conv") return conv(n, in);
  if (op == "MaxPool") return max_pool(n, in[0]);
  if (op == "Resize") return resize(n, in);
  if (op == "Transpose") return transpose(n, in[0]);
  if (op == "Concat") return concat(n, in);
  if (op == "Reshape") return reshape(in[0], in[1]);
  if (op == "Slice") return slice(in);
  if (op == "Shape")
    return {{int64_t(in[0].shape.size())}, {in[0].shape.begin(), in[0].shape.end()}};
  if (op == "Gather") return {{1}, {in[0].values[size_t(in[1].values[0])]}};
  if (op == "Add") return broadcast(in[0], in[1], std::plus<double>());
  if (op == "Sub") return broadcast(in[0], in[1], std::minus<double>());
  if (op == "Mul") return broadcast(in[0], in[1], std::multiplies<double>());
  if (op == "Div") return broadcast(in[0], in[1], std::divides<double>());
  if (op == "Exp") return each(in[0], [](double x) { return std::exp(x); });
  if (op == "Sigmoid") return each(in[0], [](double x) { return 1 / (1 + std::exp(-x)); });
  if (op == "Relu") return each(in[0], [](double x) { return std::max(x, 0.0); });
  if (op == "Clip")
    return each(in[0],
                [&](double x) { return std::min(std::max(x, in[1].values[0]), in[2].values[0]); });
  throw std::runtime_error("operator " + op + " is not known here");
}

}  // namespace

std::map<std::string, OnnxTensor> run_onnx(const OnnxModel& model, const OnnxTensor& images) {
  std::map<std::string, OnnxTensor> values = model.constants;
  values[model.inputs.at(0)] = images;
  for (const OnnxNode& node : model.nodes) {
    Inputs inputs;
    for (const std::string& name : node.inputs)
      inputs.push_back(name.empty() ? OnnxTensor{} : values.at(name));
    values[node.outputs.at(0)] = run_node(node, inputs);
  }
  return values;
}

}  // namespace tests
