#include "model/import_weights.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/formats/weights_file.h"
#include "model/weight_names.h"

namespace model {

using engine::Backend, base::ExitCode, base::fail, engine::Parameters;
using engine::StoredTensor, engine::TensorFile;

namespace {

using Stored = std::map<std::string, const StoredTensor*>;  // the key is the name without prefixes
using Dims = std::vector<int64_t>;

std::string bracketed(const Dims& dims) {
  std::string text = "[";
  for (size_t i = 0; i < dims.size(); ++i) text += (i ? ", " : "") + std::to_string(dims[i]);
  return text + "]";
}

// Two names of the file may be equal without their prefixes. That is an error only if the model has
// a tensor of that name.
Stored by_base_name(const TensorFile& file, Naming naming, const Parameters& parameters) {
  std::set<std::string> wanted;
  for (const Parameters::Named& named : parameters.named())
    wanted.insert(foreign_name(named.name, naming));
  Stored stored;
  for (const StoredTensor& t : file.tensors()) {
    const std::string base = stored_base(t.name, naming);
    if (base.empty() || !wanted.contains(base)) continue;
    auto [other, fresh] = stored.emplace(base, &t);
    if (!fresh)
      fail(ExitCode::checkpoint, file.path(), ": '", other->second->name, "' and '", t.name,
           "' both mean '", base, "', expected one: remove the other from the file");
  }
  return stored;
}

Naming naming_of(const TensorFile& file, const Parameters& parameters) {
  Naming best = Naming::ours;
  size_t most = 0;
  for (Naming naming : kNamings) {
    std::set<std::string> names;
    for (const StoredTensor& t : file.tensors()) names.insert(stored_base(t.name, naming));
    size_t known = 0;
    for (const Parameters::Named& named : parameters.named())
      known += names.contains(foreign_name(named.name, naming));
    if (known > most) most = known, best = naming;
  }
  return best;
}

// The shape in our order of axes. Only kernels have four axes; other tensors have one.
Dims our_shape(const StoredTensor& stored, Naming naming) {
  if (stored.shape.size() != 4) return stored.shape;
  Dims shape;
  for (int axis : kernel_axes(naming)) shape.push_back(stored.shape[size_t(axis)]);
  return shape;
}

template <class T>
std::vector<T> reordered(std::vector<T> values, const StoredTensor& stored, Naming naming) {
  if (stored.shape.size() != 4 || naming == Naming::ours) return values;
  const std::array<int, 4> axes = kernel_axes(naming);
  std::array<size_t, 4> stride_there{}, stride{}, extent{};
  size_t product = 1;
  for (size_t i = 4; i-- > 0; product *= size_t(stored.shape[i])) stride_there[i] = product;
  for (size_t i = 0; i < 4; ++i) {
    stride[i] = stride_there[size_t(axes[i])];
    extent[i] = size_t(stored.shape[size_t(axes[i])]);
  }
  std::vector<T> ours;
  ours.reserve(values.size());
  for (size_t o = 0; o < extent[0]; ++o)
    for (size_t y = 0; y < extent[1]; ++y)
      for (size_t x = 0; x < extent[2]; ++x)
        for (size_t i = 0; i < extent[3]; ++i)
          ours.push_back(values[o * stride[0] + y * stride[1] + x * stride[2] + i * stride[3]]);
  return ours;
}

template <class T>
std::vector<char> checked_bytes(std::vector<T> values, const TensorFile& file,
                                const StoredTensor& stored, Naming naming) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      fail(ExitCode::checkpoint, file.path(), ": tensor '", stored.name, "' holds ", values[i],
           " at element ", i, ", expected finite values");
  values = reordered(std::move(values), stored, naming);
  const char* bytes = reinterpret_cast<const char*>(values.data());
  return {bytes, bytes + values.size() * sizeof(T)};
}

std::vector<char> read(const TensorFile& file, const StoredTensor& stored, Naming naming,
                       engine::DType master) {
  if (master == engine::DType::f64)
    return checked_bytes(file.read_doubles(stored), file, stored, naming);
  return checked_bytes(file.read_floats(stored), file, stored, naming);
}

// A part of a tensor of ours, and its new values.
struct NewValues {
  engine::View to;
  std::vector<char> bytes;
};

bool is_class_predictor(const std::string& name) {
  return name.starts_with("heads/class_predictor/");
}

// Whether these can be the shapes of two class predictors that have the same anchors per cell and
// the same channels, and differ in nothing but their classes.
bool rows_fit(const Dims& ours, const Dims& there, const ClassColumns& columns) {
  const int64_t own = int64_t(columns.source.size());
  return ours.size() == there.size() && !ours.empty() && columns.in_file > 0 &&
         std::equal(ours.begin() + 1, ours.end(), there.begin() + 1) && ours[0] % own == 0 &&
         there[0] == ours[0] / own * columns.in_file;
}

// Whether the file has any of our classes. The background, which every file has, does not count.
bool any_class(const ClassColumns& columns) {
  return std::any_of(columns.source.begin() + 1, columns.source.end(),
                     [](int source) { return source >= 0; });
}

// Adds to `values` each row whose class the file has.
void take_rows(const engine::View& to, const std::vector<char>& there, const ClassColumns& columns,
               std::vector<NewValues>& values) {
  const int64_t own = int64_t(columns.source.size()), anchors = to.shape.dim[0] / own;
  const size_t row_bytes = engine::bytes_of(to) / size_t(to.shape.dim[0]);
  engine::View row = to;
  row.shape.dim[0] = 1;
  for (int64_t anchor = 0; anchor < anchors; ++anchor)
    for (int64_t column = 0; column < own; ++column) {
      const int source = columns.source[size_t(column)];
      if (source < 0) continue;
      row.data = static_cast<char*>(to.data) + size_t(anchor * own + column) * row_bytes;
      const char* from = there.data() + size_t(anchor * columns.in_file + source) * row_bytes;
      values.push_back({row, {from, from + row_bytes}});
    }
}

[[noreturn]] void nothing_fits(const TensorFile& file, const ImportReport& report) {
  const std::string found = file.tensors().empty() ? "it has no tensors"
                            : report.other_shape.empty()
                                ? "its first is '" + file.tensors()[0].name + "'"
                                : report.other_shape[0];
  fail(ExitCode::checkpoint, "no tensor of ", file.path(),
       " fits this model: expected names like model/backbone/conv1/kernel (ours), ",
       "layer1.0.conv1.weight (torchvision) or resnet_v1_50/conv1/weights (TF-slim), and equal ",
       "shapes; ", found);
}

// How many names have each kind: "fpn/ 27, heads/ 171".
template <class Kind>
std::string by_kind(const std::vector<std::string>& names, const Kind& kind_of) {
  std::map<std::string, size_t> counts;
  for (const std::string& name : names) ++counts[kind_of(name)];
  std::string text;
  for (const auto& [kind, count] : counts)
    text += (text.empty() ? "" : ", ") + kind + " " + std::to_string(count);
  return text;
}

constexpr size_t kShown = 4;

std::string first_few(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += (i ? ", " : "") + base::printable(names[i]);
  return names.size() > kShown ? text + ", ..." : text;
}

std::string by_part(const std::vector<std::string>& names) {
  if (names.size() <= kShown) return first_few(names);
  return by_kind(names,
                 [](const std::string& name) { return name.substr(0, name.find('/')) + "/"; });
}

std::string by_state(const std::vector<std::string>& names) { return by_kind(names, state_kind); }

std::string counted(const char* what, const std::vector<std::string>& names,
                    std::string (*list)(const std::vector<std::string>&)) {
  const std::string text = std::string(", ") + what + " " + std::to_string(names.size());
  return names.empty() ? text : text + " (" + list(names) + ")";
}

}  // namespace

std::string ImportReport::in_words() const {
  std::string text = "initial values from " + source + ": loaded " + std::to_string(loaded.size()) +
                     " tensors" + counted("re-initialised", reinitialised, by_part) +
                     counted("unused", unused, first_few);
  if (!training_state.empty())
    text += counted("state of a training left out", training_state, by_state);
  if (!other_shape.empty()) text += "; of another shape: " + first_few(other_shape);
  return hint.empty() ? text : text + "; " + hint;
}

namespace {

// Collects the new values tensor by tensor. It writes nothing into the parameters.
class Import {
 public:
  Import(const TensorFile& file, const Parameters& parameters, const ClassColumns* columns)
      : file_(file),
        columns_(columns),
        naming_(naming_of(file, parameters)),
        stored_(by_base_name(file, naming_, parameters)) {
    report.source = file.path() + " (" + in_words(naming_) + ")";
    if (naming_ == Naming::torchvision)
      report.hint =
          "torchvision's networks have model.stride_placement v1.5, model.backbone_activation "
          "relu, model.pool_padding all_sides, model.batch_norm.backbone_epsilon 1e-5 and "
          "ImageNet's "
          "data.mean and data.std";
  }

  void take(const Parameters::Named& named) {
    const Dims shape{named.value.shape.dim, named.value.shape.dim + named.value.shape.rank};
    const auto found = stored_.find(foreign_name(named.name, naming_));
    if (found == stored_.end()) {
      report.reinitialised.push_back(named.name);
      return;
    }
    const StoredTensor& stored = *found->second;
    const Dims there = our_shape(stored, naming_);
    const bool by_rows =
        columns_ && is_class_predictor(named.name) && rows_fit(shape, there, *columns_);
    if (by_rows) report.class_rows = true;
    if (by_rows && !any_class(*columns_)) {
      report.reinitialised.push_back(named.name);
      return;
    }
    if (!by_rows && there != shape) {
      report.reinitialised.push_back(named.name);
      report.other_shape.push_back(named.name + " " + bracketed(there) + ", expected " +
                                   bracketed(shape));
      return;
    }
    std::vector<char> bytes = read(file_, stored, naming_, named.value.dtype);
    if (by_rows)
      take_rows(named.value, bytes, *columns_, values);
    else
      values.push_back({named.value, std::move(bytes)});
    report.loaded.push_back(named.name);
    used_.insert(stored.name);
  }

  void finish() {
    if (report.loaded.empty()) nothing_fits(file_, report);
    for (const StoredTensor& t : file_.tensors())
      if (!used_.contains(t.name))
        (state_kind(t.name).empty() ? report.unused : report.training_state).push_back(t.name);
  }

  ImportReport report;
  std::vector<NewValues> values;

 private:
  const TensorFile& file_;
  const ClassColumns* columns_;
  Naming naming_;
  Stored stored_;
  std::set<std::string> used_;
};

}  // namespace

ImportReport import_weights(Backend& backend, const TensorFile& file, Parameters& parameters,
                            const ClassColumns* columns) {
  Import import(file, parameters, columns);
  for (const Parameters::Named& named : parameters.named()) import.take(named);
  import.finish();
  kernels::Queue queue = backend.queue(engine::Lane::compute);
  for (const auto& [to, bytes] : import.values)
    backend.copy(to.data, bytes.data(), bytes.size(), queue);
  parameters.refresh_working(queue);
  backend.synchronize(queue);
  return import.report;
}

ImportReport import_weights(Backend& backend, const std::string& path, Parameters& parameters) {
  return import_weights(backend, *engine::open_weights(path), parameters);
}

}  // namespace model
