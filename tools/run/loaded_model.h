// Makes a checkpoint ready to find boxes.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "tools/run/device.h"
#include "tools/run/inference.h"
#include "tools/run/memory_plan.h"
#include "tools/run/model_file.h"

namespace run {

struct ModelUse {
  std::string device = "auto";
  int threads = 0;                  // if 0, one per core
  double memory_gib = 0;            // of step memory at most; if 0, most of what is free
  std::string precision;            // if empty, the one in which the model was trained
  LimitNames limits{};              // how messages call the batch size and memory_gib
  std::string plan_cache = "auto";  // as the key train.plan_cache
  // As in BackendOptions. It is set if the process is not one of our programs (see Device).
  std::function<void(const std::string&)> tell = {};
};

class LoadedModel {
 public:
  // Opens the device and loads the weights, or their moving averages if the file has them. Throws
  // Error(checkpoint) if the tensors do not fit the file's own configuration, and Error(resources)
  // if there is no such device.
  LoadedModel(const ModelFile& file, const ModelUse& use);

  // Prepares for batches of `batch_size` images, and allocates the memory that a batch needs.
  // `data` says how pixels are scaled and how many boxes a batch has; `columns` are as in
  // Inference. The result is valid until the next call. Throws Error(resources) if a batch needs
  // more than use.memory_gib.
  Inference& prepare(int batch_size, const config::EvalConfig& eval, const config::DataConfig& data,
                     const std::vector<int>& columns = {});

  // Writes a checkpoint of these weights alone, with the configuration and the state of `file`. No
  // run can be resumed from it.
  void save_weights(const std::string& path, const ModelFile& file);

  const config::RunConfig& config() const { return config_; }
  const ClassList& classes() const { return classes_; }
  Device& device() { return device_; }
  const model::Detector& detector() const { return *detector_; }

 private:
  const ModelUse use_;
  config::RunConfig config_;
  ClassList classes_;
  Device device_;
  engine::Parameters parameters_;
  std::unique_ptr<model::Detector> detector_;
  std::unique_ptr<Inference> inference_;
};

}  // namespace run
