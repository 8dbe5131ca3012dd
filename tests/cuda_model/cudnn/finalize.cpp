#include "tests/cuda_model/cudnn/finalize.h"

#include "tests/cuda_model/cudnn/plan.h"

namespace cuda_model::cudnn {

std::any finalized_object(Descriptor& d) {
  switch (d.rule().type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
      return make_tensor(d);
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
      return make_convolution_rule(d);
    case CUDNN_BACKEND_POINTWISE_DESCRIPTOR:
      return make_pointwise_rule(d);
    case CUDNN_BACKEND_REDUCTION_DESCRIPTOR:
      return make_reduction_rule(d);
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      return make_graph(d);
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
      return make_heuristic(d);
    case CUDNN_BACKEND_ENGINE_DESCRIPTOR:
      return make_engine(d);
    case CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR:
      return make_knob_choice(d);
    case CUDNN_BACKEND_ENGINECFG_DESCRIPTOR:
      return make_configuration(d);
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
      return make_plan(d);
    case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
      return make_variant_pack(d);
    case CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR:
      return make_device_properties(d);
    case CUDNN_BACKEND_KNOB_INFO_DESCRIPTOR:
      refuse(CUDNN_STATUS_BAD_PARAM, "cuDNN alone makes such descriptors");
    default:
      return make_operation(d);
  }
}

}  // namespace cuda_model::cudnn
