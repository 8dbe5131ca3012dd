# docker build --target cpu  -t ssd320:cpu  .     builds and tests, no GPU
# docker build --target cuda -t ssd320:cuda .     builds for all supported GPUs; for an H100 alone, which takes less
#                                                 time: --build-arg ARCHITECTURES=90-real
# docker build               -t ssd320 .          the programs and what they need, on the CPU build
#
# Your files are mounted to /workspace. The CUDA image has the configurations in /ssd320/configs, the other one in
# /usr/local/share/ssd320/configs. Convolution plans are kept in /root/.cache, and ranks on several GPUs need more
# shared memory than a container has by itself:
#   docker run --rm --gpus all --shm-size=1g -v "$PWD:/workspace" -v ssd320-plans:/root/.cache ssd320:cuda \
#     ssdtrain --config /ssd320/configs/ssd320_coco_1gpu.json ...
#   docker run --rm -v "$PWD:/workspace" --entrypoint ssddetect ssd320 --checkpoint best.safetensors photos -o found
FROM debian:12 AS base
WORKDIR /ssd320
COPY tools/setup.sh tools/setup.sh
RUN apt-get update && tools/setup.sh

FROM base AS cpu
COPY . .
RUN tools/test.sh quick
# The tested build uses every instruction of the CPU it was built on; what is shipped runs on any x86-64.
RUN cmake -S . -B build/portable -G Ninja -DSSD_CUDA=OFF -DSSD_NATIVE=OFF -DSSD_TESTS=OFF \
 && cmake --build build/portable && cmake --install build/portable --prefix /opt/ssd320

FROM nvidia/cuda:13.0.1-cudnn-devel-ubuntu24.04 AS cuda
WORKDIR /ssd320
COPY tools/setup.sh tools/setup.sh
RUN apt-get update && tools/setup.sh
COPY . .
ARG ARCHITECTURES
# As tools/demo.sh finds them. There is no GPU here, so the preset's architectures are built.
RUN bash -c '. tools/find_cuda.sh && find_cuda "$PWD/build/cuda_links" && missing=$(missing_cuda) && \
    if [ -n "$missing" ]; then echo "$missing" >&2; exit 1; fi && \
    cmake --preset release -DSSD_BENCHMARKS=ON ${ARCHITECTURES:+"-DCMAKE_CUDA_ARCHITECTURES=$ARCHITECTURES"} \
      "${cuda_options[@]}"' \
 && cmake --build --preset release
ENV PATH=/ssd320/build/release/bin:$PATH
WORKDIR /workspace

FROM debian:12-slim AS run
RUN apt-get update && apt-get install -y --no-install-recommends \
      libjpeg62-turbo libpng16-16 libpugixml1v5 libyaml-cpp0.7 libisal2 libssl3 libxxhash0 libfmt9 libdnnl2 libgomp1 \
      libpangocairo-1.0-0 fonts-dejavu-core fonts-freefont-ttf fonts-wqy-microhei && rm -rf /var/lib/apt/lists/*
COPY --from=cpu /opt/ssd320/ /usr/local/
# So that libssd320 is found by programs that are linked with it.
RUN ldconfig
WORKDIR /workspace
ENTRYPOINT ["ssdtrain"]
CMD ["--help"]
